"""The recipient's voice (受助人反馈): whom to call back, drawn by a seed, and what was answered.

What an answer may say, and who records it, is decided in :mod:`ledger.events.voice`.
"""
