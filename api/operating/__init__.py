"""Running a ledger (运维): the doctor, rehearsed restores, what is due for an upgrade."""
