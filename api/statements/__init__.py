"""Statements (陈述) handed in: how they travel, and one or ten thousand taken at once."""
