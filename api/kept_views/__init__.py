"""Views of tables that officers keep (常用视图): how they are stored, counted and sealed.

What a table can be asked, and so what can be kept of it, stands in ``api/tables``. Nothing that is kept decides anything.
"""
