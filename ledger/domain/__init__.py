"""The domain (业务规则): what an event is, what the ledger knows, and which acts it admits. Pure.

No database, no clock, no network: a decision takes the state and a verified event, and gives a verdict.
What each single event decides and changes stands in :mod:`ledger.events`.
"""
