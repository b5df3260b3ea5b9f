"""Objections (群众异议): received from the public, followed up by number, taken down by officers.

How an objection is settled is an event (:mod:`ledger.events`); nobody who wrote one is named here.
"""
