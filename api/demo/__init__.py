"""The demonstration: one real campaign, from its founding to a revocation."""
