"""Text messages: who may be sent one and when, one sending at a time, and what its fate means.

Reading order: ``numbers`` (which numbers there are) · ``consent`` (who may be sent one) · ``hours``
(when) · ``wording`` (what goes out) · ``sending`` (once) · ``fate`` (what the provider's
word moves) · ``following`` (when no word comes).
"""
