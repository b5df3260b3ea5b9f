"""Tests against a real PostgreSQL: the write path, views, storage. A database of its own for each test."""
