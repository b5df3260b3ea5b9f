"""Linkage (人员比对): finding one person under two identities. Its runs are events, their pairs a view.

What a pair is worth to an inspector, the flag rules say.
"""
