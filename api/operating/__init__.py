"""Running a ledger (运维): the doctor, rehearsed restores, what is due for an upgrade.

It looks and says; the server, backups and standbys that it looks at are in :mod:`ledger.storage`.
"""
