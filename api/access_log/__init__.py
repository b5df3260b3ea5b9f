"""The access log (查阅日志): reading it, and sealing its head into the ledger.

It is written in :mod:`ledger.writing`; what must be recorded, each operation says in
:mod:`api.service.operations`.
"""
