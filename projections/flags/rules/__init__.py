"""The rules, one file each. A new rule is a new file here."""
