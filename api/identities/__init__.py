"""Identities shown (身份信息查阅), once that is recorded."""
