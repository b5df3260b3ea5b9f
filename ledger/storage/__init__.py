"""Where the ledger's bytes lie, and how they are copied: WAL, backups, standbys, moves."""
