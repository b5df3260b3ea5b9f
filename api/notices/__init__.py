"""Notices (张榜公告): as the public sees them, and the list for officers."""
