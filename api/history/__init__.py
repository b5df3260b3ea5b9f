"""History (历史): the timeline of anything, and what changed between two moments."""
