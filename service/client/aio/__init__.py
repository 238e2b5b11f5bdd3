"""The asynchronous client, written by hand; ``service.client.sync`` is made from it.

Reading order: ``wire`` (requests and streams) · ``listening`` (through every cut) · ``job`` · ``batch`` ·
``client`` (all of it) · ``schedules``, ``webhooks``, ``inbox``, ``keys``, ``operating``.
"""
