"""What an attacker would try, one file a class of attack, over the real application and its servers.

Begin with ``routes.py`` (every operation as a test can call it), then ``test_routes_known.py``.
``python -m tests.security.fuzz`` sends as much as there is time for.
"""
