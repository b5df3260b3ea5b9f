"""Lists from outside (名单): read from files, held against the ledger, looked into for a purpose."""
