"""The tests, by what they need: nothing, a database, a service, a browser.

Here are the scenes and ledgers that several of these share, and the tests of the house itself.
"""
