"""The ways in: the command line, the HTTP service, rosters and the demonstration."""
