"""The way back: from a committed change to the browser that waits for it. Knows no jobs.

Reading order: ``channels`` (who is told) · ``caller`` (who asks) · ``message`` (what is told) ·
``source`` (where the truth is read) · ``publisher`` (tell) · ``ephemeral`` (tell and remember
briefly) · ``hub`` (hear, once a process) · ``subscriber`` (one browser's place in its channels) ·
``sse`` and ``websocket`` (the wire) · ``tickets`` · ``close_codes`` · ``routes`` · ``client/``.
"""
