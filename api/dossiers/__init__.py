"""Dossiers (困难档案): one dossier with its history, and amending it.

Whose identity stands behind one is shown in :mod:`api.identities`, once that is recorded.
"""
