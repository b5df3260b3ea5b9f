"""Every invariant, given/when/then (DOMAIN, "Block or record?"), one file a subject."""
