"""Routes and readers of files asked in bad faith, from a seed.

A finding becomes a test of its own beside what it found.
"""
