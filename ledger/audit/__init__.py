"""The audit (审计): a history gone over again, in a bundle with public keys alone or in its database.

Everything that verifies what was recorded stands here, each check giving findings; nothing here writes.
"""
