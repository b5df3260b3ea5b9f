"""Projections (视图): what people ask, computed from the events and from nothing else."""
