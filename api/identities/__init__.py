"""Identities shown (身份信息查阅), once that is recorded.

Everywhere else names are masked (:mod:`api.wording`); the vault is in :mod:`ledger.identity`.
"""
