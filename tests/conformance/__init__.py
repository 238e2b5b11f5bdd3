"""The protocol, checked over the wire: what a server does and a client may trust.

Knows only addresses, tokens and the protocol. ``python -m tests.conformance --url … --token …`` checks a
running server and prints a table.

Reading order: ``rules`` (what a rule is) · ``target`` (which server, as whom) · ``socket``, ``stream``
and ``poll`` (how it is listened to) · the rules: ``handshake``, ``greeting``, ``joining``, ``resuming``,
``order``, ``channels``, ``frames``, ``closing``, ``renewal``, ``events``, ``streams_end``, ``polling``, ``ephemeral``,
``commands`` · ``report``.
"""
