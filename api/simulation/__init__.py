"""Made-up ledgers (模拟) of any size, with planted frauds and their ground truth, for tests and measures.

Nothing of it is in a real ledger; the demonstration, which tells a story, is in :mod:`api.demo`.
"""
