"""E-mail: how one is written, whom it may go to, and how its reader gets no more of them.

Reading order: ``address`` (whom it may go to) · ``letter`` (its bytes) with ``html`` · ``links`` (the link
that unsubscribes) · ``resource`` and ``front`` (what owners and readers see over HTTP). What sends it is
``jobs.providers.mail``, what decides is the kind ``email_delivery``.
"""
