"""The ledger (账本): statements, decisions, the write path and the proofs."""
