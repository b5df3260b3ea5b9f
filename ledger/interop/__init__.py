"""The ledger for programs built with the eventsourcing library: its recorder, mapper and application.

Nothing here is used by the service, which has a writer and followers of its own (ADR 70). What belongs
here is the library's interfaces over our entries, for who follows the ledger in another program, and
what keeps them true; what decides, writes or answers does not.
"""
