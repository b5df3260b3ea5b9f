"""What surrounds the routes of the service: its log, limits, readiness, and work beside it."""
