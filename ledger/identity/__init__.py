"""Identities (身份): documents and their check digits, blind indexes, the vault, and the secrets that protect them.

What a person is called or numbered is known in this room alone; elsewhere there are commitments and marks.
"""
