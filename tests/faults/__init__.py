"""Faults drawn from a seed, which befall the whole service under load (docs/testing-faults.md).

A fault that is meant stands in the test of what it meets.
"""
