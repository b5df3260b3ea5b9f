"""Tests of the flag rules: of each, what raises it and what looks alike and does not.

``test_habits.py`` asks for a test of every rule.
"""
