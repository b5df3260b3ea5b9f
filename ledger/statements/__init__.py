"""Statements (签署件): what one officer says, as canonical JSON under a signature, and the limits on such JSON.

Here bytes are verified and parsed. Whether the ledger accepts what they say is decided in :mod:`ledger.domain`.
"""
