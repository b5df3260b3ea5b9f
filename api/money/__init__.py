"""Money (资金): lines, what units hold, and the postings behind each figure."""
