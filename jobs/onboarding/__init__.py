"""Onboarding: what somebody answered becomes a profile, and projects they may begin with.

Reading order: ``answers`` (what is given) · ``portrait`` (what must come back) · ``prompt`` (the question)
· ``live`` (a portrait as people read it while it streams in) · ``suggestions`` (projects with ids, before
they are any) · ``accepting`` (how they become some).
"""
