"""The bank (银行对账): its answers to batches of payouts, matched to them, and the days' sums.

What matches is signed by an officer; the events are in :mod:`ledger.events`.
"""
