"""Tests of the views: followed, killed, replayed and compared row by row.

Flags have a folder of their own.
"""
