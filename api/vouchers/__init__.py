"""Vouchers for the bookkeeping (记账凭证): drawn up from postings by the policy's account codes, and exported.

No books are kept here, and nothing is recorded: what moved money stands in :mod:`api.money`.
"""
