"""The transparency log (透明日志): tiles, checkpoints, witnesses and timestamps over the entries.

How the log is kept and proved; the tree itself is in :mod:`ledger.crypto.merkle`, whoever goes over a
whole history is in :mod:`ledger.audit`.
"""
