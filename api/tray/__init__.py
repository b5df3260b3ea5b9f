"""The tray (待会签): what one officer signed and a second must sign too, kept by the service until it comes or lapses.

What is kept has its first signature already, and decides nothing: the second officer is shown what it says, adds a
signature to the very same bytes, and the ledger admits or refuses it as any other statement.
"""
