"""The auditors' work (审计): samples, replays, bundles, and verifying the ledger in its database.

How a history is gone over stands in :mod:`ledger.audit`, how views are computed again in
:mod:`projections.replaying`.
"""
