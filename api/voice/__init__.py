"""The recipient's voice (受助人反馈): slips and what is said by them; whom to call back, and what was answered.

What an answer may say, and who records it, is decided in :mod:`ledger.events.voice` and :mod:`ledger.events.slip`.
"""
