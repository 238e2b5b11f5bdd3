"""The front door: HTTP in, the browser's page, the command line. Knows the work and the way back.

Reading order: ``settings`` · ``app`` (what is mounted, what is opened) · ``routes`` (the whole table) ·
``operations`` (what a route promises) · ``auth``, ``tokens``, ``sessions`` (who asks) · ``bodies``
(what they may say) · ``errors`` (what they are told) · ``middleware`` · ``documents`` (OpenAPI) ·
``server`` (uvicorn, and how it stops).
"""
