"""The roster (名单): its cases and sums, and files of it, read as people write them.

What is read is signed before it is filed (:mod:`api.statements`); what each case still lacks is looked up
here, and decided in the ledger.
"""
