"""Certificates of authorities, from files."""

from __future__ import annotations

from pathlib import Path

from cryptography.x509 import Certificate

from ledger.errors import Misconfigured
from ledger.log.timestamps import parse_roots
from ledger.system_words import reason_of


def load_roots(path: Path) -> tuple[Certificate, ...]:
    """The certificates in a PEM file; raises ``timestamp-roots``."""
    try:
        pem = path.read_bytes()
    except OSError as error:
        zh, en = reason_of(error)
        raise Misconfigured(
            "timestamp-roots",
            f"无法读取根证书文件 {path}：{zh}",
            f"cannot read the file of root certificates {path}: {en}",
        ) from None
    return parse_roots(pem, str(path))
