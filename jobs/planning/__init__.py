"""Planning a project with a language model: what is asked for, what must come back, what may make room.

Reading order: ``strategies`` (how a project may be cut) · ``span`` (between which days) · ``plan`` (the
answer's shape) · ``checks`` (what must be right about it) · ``prompt`` (the question) · ``live`` (a plan as
people read it while it streams in) · ``standing`` (what of an earlier plan stays) · ``rows`` (a plan as
it is kept).
"""
