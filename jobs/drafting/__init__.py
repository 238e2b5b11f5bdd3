"""Writing a draft with a language model: what is asked for, and what must come back.

Reading order: ``channels`` (where a text may go, and how long it may be) · ``brief`` (what to write
about) · ``draft`` (the answer's shape) · ``prompt`` (the question) · ``live`` (a draft as people read it
while its JSON streams in) · ``writing`` (what its job's owner sees of that).
"""
