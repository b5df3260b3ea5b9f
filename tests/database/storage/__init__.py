"""Tests of where a ledger lies: backups and restores, standbys, moves, the embedded server.

What is written into it is tested beside.
"""
