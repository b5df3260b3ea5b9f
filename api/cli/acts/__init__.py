"""Commands that sign one kind of event (签署类命令): each is one declaration of event, subjects and options.

``declaration`` says what a declaration holds, ``command`` makes a command of it, ``selecting`` finds
what is signed about; the declarations stand by topic beside them.
"""
