"""Campaigns (慰问活动) and the templates that their policies begin from.

What a policy allows is decided in :mod:`ledger.domain`; the cases of a campaign are in :mod:`api.roster`.
"""
