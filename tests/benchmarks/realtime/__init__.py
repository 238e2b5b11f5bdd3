"""What the way back costs and carries, beside peers in the same run: ``make bench-realtime``.

Reading order: ``machine`` (servers and cores) · ``servers`` (the product) · ``peers`` (the others) ·
``receivers`` and ``publisher`` (programs of their own) · ``crowd`` (both, connected) · ``fanout`` ·
``latency`` · ``memory`` · ``joins`` · ``positions`` · ``slow_reader`` · ``report``.
"""
