"""The documentation at ``/docs``: the Markdown of ``docs/`` and what is generated, as pages.

Read ``folder`` (where the files lie), ``contents`` (their order), ``markdown`` with ``words``, ``anchors``,
``links``, ``highlight`` and ``rules`` (one file as a page), ``schema``, ``tables``, ``curl``, ``http``,
``messages``, ``problems`` and ``audited`` (what is generated), ``layout`` (the whole page), ``search``
(its index), ``handbook`` (all of it, kept for each process), ``files`` (pictures and samples).
"""
