"""Projections (视图): what people ask, computed from the events and from nothing else.

Who may see which row is no matter of theirs: that is cut at :mod:`api.gate`.
"""
