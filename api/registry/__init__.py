"""The registry (登记): units, officers, their roles and keys, and who may do what."""
