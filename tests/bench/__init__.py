"""Benchmarks: ratios against baselines of the same run, never asserted on."""
