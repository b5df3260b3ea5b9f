"""The views (视图), one file each: tables computed from the events, and from nothing else. Flags have a room of their own."""
