"""Dossiers (困难档案): one dossier with its history, and amending it."""
