"""Flags (疑点): leads for inspectors, computed by rules, each with its evidence.

Here is what runs any rule; what each says is in ``rules/``, what starts several of them in ``triggers/``. A
flag refuses nothing.
"""
