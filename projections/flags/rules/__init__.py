"""The rules (疑点规则), one file each, found by being there.

All that a rule means stands in its file, but for triggers that others need too.
"""
