"""Made-up ledgers of any size, with planted frauds and their ground truth, for tests and measures."""
