"""Desks (工作台): what waits for whoever signs in, by the roles that they hold: how many, how much, and until when.

A matter is one declaration in :mod:`api.desks.matters`, asked within the reader's scope; it leads to the list that
it counts.
"""
