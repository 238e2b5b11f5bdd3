"""E-mail: whom it may go to, how it is written, how its reader gets no more of it.

Reading order: ``address`` (whom it may go to) · ``lists`` (what one may unsubscribe from) · ``letter`` (its
bytes) with ``html`` · ``links`` (the link that unsubscribes). What talks to a mail server is
``jobs.providers.mail``; ``jobs.sending`` sends one by it; ``jobs.emails`` shows what was sent.
"""
