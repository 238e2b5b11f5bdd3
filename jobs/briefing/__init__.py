"""A user's day in one text: when it is due on their clock, what goes into it, and how it reads.

Reading order: ``hours`` (whose brief is due) · ``pace`` (how often, for who does not look) · ``planned``
(tasks, projects and events as they matter on a day) · ``gathering`` (where they come from) ·
``markdown`` (words that people wrote, made safe to stand in a text) · ``template`` (the brief without a
model) · ``question`` (what a model is asked) · ``wording`` (asked in time, or done without).
"""
