"""The log outwards (透明日志): served as tiles, brought to witnesses and timestamping authorities, and witnessed for others.

How it is built and proved stands in :mod:`ledger.log`.
"""
