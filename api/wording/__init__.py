"""Words for what is shown (用语): names of members and codes, masked names, titles of categories."""
