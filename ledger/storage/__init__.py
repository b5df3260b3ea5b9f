"""Storage (存储): where a ledger lies, and how it is copied: its store, the embedded server, backups, standbys, moves.

What is written into it stands in :mod:`ledger.writing`; rows and connections in :mod:`ledger.postgres`.
"""
