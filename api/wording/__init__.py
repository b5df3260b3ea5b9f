"""Words for what is shown (用语): names of members and codes, masked names, titles of categories.

A column's heading stands with its row, a refusal's text with its rule, what pages alone say in
``api/web/src/texts``.
"""
