"""Rosters (名单) in spreadsheets: reading them as people write them, and writing the forms."""
