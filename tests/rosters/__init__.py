"""Rosters as offices send them, made by a script, each with what has to come of it."""
