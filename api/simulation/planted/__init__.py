"""Frauds that were planted with a rule of their own, one file each, found by being there.

``songnuan rule new`` puts one here. The frauds that stand for many rules are in ``frauds.py``.
"""
