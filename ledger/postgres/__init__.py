"""PostgreSQL as the ledger uses it: connections, their failures, the epoch, rows, and the schema by migrations.

What is stored is not decided here, and how the server is run, copied and restored stands in :mod:`ledger.storage`.
"""
