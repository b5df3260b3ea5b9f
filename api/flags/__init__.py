"""Flags (疑点): what stands, its evidence, and what hangs together.

What a rule says is in :mod:`projections.flags`; cases over flags are in :mod:`api.investigations`.
"""
