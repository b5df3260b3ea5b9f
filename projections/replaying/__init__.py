"""Replaying (重新计算): views computed again beside the live ones, compared with them, and put in their place.

It finds what differs, and mends nothing that was recorded.
"""
