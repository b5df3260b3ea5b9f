"""Certificates of authorities, from files."""

from __future__ import annotations

from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates

from ledger.errors import Misconfigured


def load_roots(path: Path) -> list[Certificate]:
    """The certificates in a PEM file; raises ``timestamp-roots``."""
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Misconfigured(
            "timestamp-roots",
            f"读不出根证书 {path}：{error}",
            f"cannot read the certificates {path}: {error}",
        ) from None
