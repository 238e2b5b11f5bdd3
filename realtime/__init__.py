"""The way back: from a committed change to the browser that waits for it. Knows no jobs.

Reading order, the way of a message: ``channels`` (who is told) · ``caller`` (who asks) · ``message``
(what is told) · ``source`` (where the truth is read) · ``publisher`` (tell) · ``ephemeral`` (tell and
remember briefly) · ``redis_connection`` and ``link`` (hear) · ``hub`` (once a process) · ``feed`` (one
channel there) · ``subscription`` and ``merged`` (one reader's place in it) · ``replay`` (read instead) ·
``subscriber`` and ``line`` (all of one reader's places) · ``outbox`` (what waits) · ``writer`` and
``outlet`` (onto the wire).

The doors: ``routes`` · ``listening`` and ``tickets`` (who may) · ``connections`` (how many, how long) ·
``websocket`` with ``conversation`` and ``frames`` · ``sse`` with ``event_text`` · ``poll`` with ``mark`` ·
``long_lived`` · ``close_codes`` · ``revocations`` · ``bundle`` (all in one hand) · ``wire`` (the models) ·
``client/``.
"""
