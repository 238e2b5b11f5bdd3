"""The steps of a calendar's sync, each between one answer of the provider and one transaction.

Reading order: ``sync`` (what the steps share) · ``channel`` (be told of changes from now on) · ``pull``
(what has changed there) · ``apply`` (write what merging came to) · ``push`` (tell what has changed here).
"""
