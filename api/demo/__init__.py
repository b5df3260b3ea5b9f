"""The demonstration (演示): one real campaign, from its founding to a revocation.

It tells one story with persons made up; ledgers of any size, with frauds, come from :mod:`api.simulation`.
"""
