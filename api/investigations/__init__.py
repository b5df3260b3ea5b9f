"""Discipline cases (案件): over which flags they were opened, and how they ended."""
