"""Linkage runs (人员比对) at work: whom one compares, what it goes on from, and the statements of what it found.

How a pair is weighed is in :mod:`projections.linkage`, the events are in :mod:`ledger.events`.
"""
