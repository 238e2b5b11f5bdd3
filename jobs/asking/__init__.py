"""Asking a language model from within a job, in a way that lasts over attempts and is seen by people.

Reading order: ``live`` (an answer as people read it while its JSON streams in) · ``account`` (what
answers have cost, and the paid one that did not fit) · ``shown`` (both, for a job to use) · ``marks``
(material that gives no orders) · ``schema`` and ``words`` (pieces of what must come back).
"""
