"""Discipline cases (核查事项): over which flags they were opened, and how they ended.

The flags themselves, and what was said of each, are in :mod:`api.flags`.
"""
