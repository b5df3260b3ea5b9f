"""Lists from outside (名单): read from files, held against the ledger, looked into for a purpose.

How a row is marked, sealed and stored is not here but in ``ledger/identity`` and ``ledger/writing``.
"""
