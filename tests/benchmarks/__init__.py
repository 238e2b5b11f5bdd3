"""The engine measured beside its peers: ``make bench``. It measures and prints, and fails on no time.

Reading order: ``host`` and ``stack`` (what runs) · ``racers`` and ``peers`` (who is compared) ·
``programs`` (scripts: load, peers' workers) · ``crew`` (workers held and let go) · the parts: ``accept``
``bulk`` ``drain`` ``pickup`` ``live`` ``costs`` (with ``monitor``) ``footprint`` ``fanout`` ``growth``
(with ``rows``) and ``waits`` · ``record``, ``plot`` and ``svg``. The way back has its own: ``realtime``.
"""
