"""The frame of every view (视图框架): a recorded event as views take it, and what a view is."""
