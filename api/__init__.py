"""The ways in (入口): the command line, the HTTP service and its pages, files of rosters, the demonstration.

A folder a topic, and what all topics stand on. Nothing is decided or computed here that the ledger or the
views answer for.
"""
