"""The way back under fault: thousands of clients, each judged by what it was told over the wire alone.

Reading order: ``wire`` (bytes: HTTP and WebSocket by hand, so that a thousand clients are cheap and
every rule of the protocol can be broken) · ``sight`` (what one client saw of one channel, and what must
not be) · ``listeners`` (WebSocket, SSE, long poll) · ``crowd`` (who comes, goes and comes back) · ``load``
(real jobs) · ``town`` (everything up) · ``nemesis``, ``teaser`` and ``echo`` (the faults) · ``judge``
(sights against the record) · ``story`` (one run) · ``report`` · ``witness`` (who must notice nothing while
somebody else sends rubbish).

``python -m tests.faults.realtime`` is the long run.
"""
