"""Flags (疑点): leads for inspectors, computed by rules, each with its evidence."""
