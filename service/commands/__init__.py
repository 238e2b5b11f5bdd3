"""The commands that talk to a running server over its public API.

Reading order: ``connection`` (which server, as whom) · ``terminal`` (what may be printed) ·
``arguments`` (a job's args from the command line) · ``submit`` · ``follow`` (the stream, through
every cut) · ``story`` (what it tells, each thing once) · ``screen`` (drawn) · ``watch`` ·
``jobs`` · ``schedules`` · ``keys`` · ``kinds`` · ``token`` · ``doctor`` · ``migrate``.
"""
