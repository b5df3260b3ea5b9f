"""Steps (办理步骤): what a policy asks for between nomination and payout, and how far a case has come.

What a step is, and who may take it, is decided in :mod:`ledger.events.procedure`.
"""
