"""Writing (登记): from an envelope that arrives to the committed entry and its receipt.

The queue, the verification of what is handed in, the batches of the one fenced writer, its condition,
and the access log, which is written beside it. Decisions are made in :mod:`ledger.domain`.
"""
