"""Objections (群众异议): received from the public, followed up by number, taken down by officers."""
