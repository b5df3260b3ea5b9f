"""Following ledgers of a lower level (上下级台账): read, verified, noted, rolled up.

What is verified, and how it is kept, is ``ledger/federation``; here is what asks for it over a line, what is recorded
of it, and what is answered. Readers of a higher level are let in by ``api/service/upper_readers.py``.
"""
