"""The long run: a real product under load, a fault every few seconds, and the same judge at the end.

Reading order: ``stack`` (servers, processes and who keeps them up) · ``pulse`` (what is accepted and not
yet ended) · ``load`` · ``nemesis`` (the table of faults) · ``report``.
"""
