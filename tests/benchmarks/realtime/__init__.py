"""What the way back costs and carries, beside peers in the same run: ``make bench-realtime``.

Reading order: ``machine`` (servers and cores) · ``receivers`` and ``publisher`` (programs of their
own) · ``peers`` · ``fanout``.
"""
