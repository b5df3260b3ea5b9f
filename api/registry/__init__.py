"""The registry (登记): units, officers, their roles and keys, and who may do what.

What a reader may see is in :mod:`api.service.access`; who may sign what is decided in :mod:`ledger.domain`.
"""
