"""Campaigns (慰问活动) and the two plans that their policies begin from."""
