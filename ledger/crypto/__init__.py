"""Cryptography (密码学): keys, signatures and Merkle trees over bytes; what the bytes mean is not known here.

Nothing in this room knows a statement, an officer or a database. Each algorithm names its standard.
"""
