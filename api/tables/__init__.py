"""Lists as tables (列表): any of them searched, sorted, filtered, grouped, counted, summed and exported by the server.

A table is one declaration in :mod:`api.tables.catalogue`: whose rows, by which query, told apart by what.
:mod:`api.tables.asked` reads what is asked of it, :mod:`api.tables.sql` writes that as SQL; both are pure.
"""
