"""Campaigns (慰问活动) and the two plans that their policies begin from.

What a policy allows is decided in :mod:`ledger.domain`; the cases of a campaign are in :mod:`api.roster`.
"""
