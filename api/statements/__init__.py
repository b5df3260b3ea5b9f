"""Statements (签署件) handed in: how they travel, and one or ten thousand taken at once.

They are verified, decided and written in :mod:`ledger.writing`; nothing about a topic is known here.
"""
