"""Following (跟随): each view kept up to the head, batch by batch, its position with its rows in one transaction.

What a view computes is its own; computing one again is :mod:`projections.replaying`.
"""
