"""Tests of what every route stands on: connections, bodies, sessions, limits, memory.

Routes are tested beside, by topic.
"""
