"""A mirror of a ledger below (下级台账镜像): followed, verified entry by entry, and kept as files.

It reads by a feed, over a line or from a pack, and trusts nothing but the key of the log: what it keeps is what the
county's own signatures and this program's own verdicts bear out.
"""
