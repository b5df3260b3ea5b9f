"""The ledger (台账): statements, decisions, the write path and the proofs.

All that whoever verifies a history needs. It knows no view, no web framework and no reader.
"""
