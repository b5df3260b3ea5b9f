"""Signing in and out (登录) by a signed challenge.

What a session is stands in :mod:`api.service.sessions`, what it lets an officer see in
:mod:`api.service.access`.
"""
