"""The commands that talk to a running server, by the Python client.

Reading order: ``connection`` (which server, as whom) · ``terminal`` (what may be printed) ·
``arguments`` (a job's args from the command line) · ``each`` (an order to several) · ``live``
(tables that stay) · ``submit`` · ``watch`` · ``screen``, ``batch_bar`` (drawn) · ``jobs`` ·
``batches`` · ``schedules`` · ``queues`` · ``stats`` · ``inbox`` · ``webhooks`` · ``keys`` ·
``audit`` · ``kinds`` · ``completion``, ``completing`` (what a Tab may add) · ``token`` ·
``doctor`` · ``migrate`` · ``reseal``.
"""
