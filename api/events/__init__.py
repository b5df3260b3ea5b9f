"""Recorded events (事件), for who may read all of them: as lines from a cursor on, and live.

Whoever may read some only asks the views: their topics have the questions.
"""
