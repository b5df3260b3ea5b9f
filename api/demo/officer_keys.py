"""The keys of officers who do not exist (演示密钥), kept unencrypted in a ledger's folder for anybody to try them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ledger.crypto.keys import OfficerKey, save_key


def keep_keys(folder: Path, keys: Mapping[str, OfficerKey]) -> None:
    """Keep keys by officer, where the pages of a demonstration find them."""
    place = folder / "keys"
    place.mkdir(mode=0o700)
    for officer, key in keys.items():
        save_key(key, place / f"{officer}.pem", "")
