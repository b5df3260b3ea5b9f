"""Rectification and handing over (整改、移送): what is to be put right until when, and what went to other organs.

What is decided of it stands in :mod:`ledger.events.rectification` and :mod:`ledger.events.handover`.
"""
