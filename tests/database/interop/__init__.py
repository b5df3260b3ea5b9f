"""The ledger by the interfaces of the eventsourcing library: its recorder, and a projection that follows it.

What the service itself runs on is tested beside it, in the folders above.
"""
