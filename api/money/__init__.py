"""Money (资金): lines, what units hold, and the postings behind each figure.

Payouts held against the bank are in :mod:`api.bank`; sums for annexes and summaries in :mod:`api.reports`.
"""
