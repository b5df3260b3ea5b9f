"""Reports (报表): Annexes 1 to 3 and the written summary, clauses A-9 and A-10, out of the views.

Their columns are forms that others prescribe; a list of what stands belongs to its topic.
"""
