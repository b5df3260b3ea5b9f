"""Public keys in entries that are not checked yet (记录中的公钥): by what a mirror checks the signatures after them."""

from __future__ import annotations

import re

import pybase64

from ledger.crypto.signatures import key_id
from ledger.errors import Refused

_PAYLOAD = len(b'{"envelope":{"payload":"')
_PUBLIC_KEYS = re.compile(rb'"(?:public_key|ledger_key)":"([0-9a-f]{64}|04[0-9a-f]{128})"').findall


def note_keys_in(entry: bytes, keys: dict[str, bytes]) -> None:
    """Note the public keys in an entry by their ids, which are their hashes; whether they count, the fold says."""
    try:
        payload = pybase64.b64decode(entry[_PAYLOAD : entry.index(b'"', _PAYLOAD)])
    except ValueError:
        return  # what it is, the check of its form says
    for text in _PUBLIC_KEYS(payload):
        public_key = bytes.fromhex(text.decode())
        try:
            keys[key_id(public_key)] = public_key
        except Refused:
            continue
