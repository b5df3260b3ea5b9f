"""Unit tests: what needs no server, no browser and no second process. ``make test-fast`` runs these."""
