"""The frame of every view (视图框架): a recorded event as views take it, what a view is, and the columns of its rows.

No single view, and no rule, is known here.
"""
