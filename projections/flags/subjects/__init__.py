"""Which subjects events touch (疑点对象), one module a kind. Rules of the same kind share a function.

The engine asks each function once a batch, for all rules that share it.
"""
