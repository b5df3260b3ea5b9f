"""History (历史): the timeline of anything, and what changed between two moments.

How one thing stood at a moment, its own topic answers.
"""
