"""Notices (公示): as the public sees them, and the list for officers.

What the public answers to one is in :mod:`api.objections`.
"""
