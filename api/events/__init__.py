"""Recorded events (事件), for who may read all of them: as lines from a cursor on, and live."""
