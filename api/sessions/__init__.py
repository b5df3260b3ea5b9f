"""Signing in and out (登录) by a signed challenge; what a session is stands in :mod:`api.service.sessions`."""
