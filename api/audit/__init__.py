"""The auditors' work (审计): samples, replays, bundles, and verifying the ledger in its database."""
