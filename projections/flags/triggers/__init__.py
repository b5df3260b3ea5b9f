"""Triggers that several rules share (共用的触发条件), by the kind of their subjects.

A trigger that one rule alone needs stands in that rule's file.
"""
