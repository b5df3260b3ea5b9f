"""What makes the release, the documentation's site and the figures about the tests; no part of the package."""
