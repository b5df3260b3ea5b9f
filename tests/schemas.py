"""XML held against the public schemas of ISO 20022 (``tests/data/iso20022``)."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from lxml import etree

FOLDER = Path(__file__).parent / "data" / "iso20022"


@cache
def _schema(message: str) -> etree.XMLSchema:
    raw = gzip.decompress((FOLDER / f"{message}.xsd.gz").read_bytes())
    return etree.XMLSchema(etree.fromstring(raw))


def assert_valid(raw: bytes, message: str) -> None:
    """Fail with the schema's own words where a message is not as its schema says: ``pain.001.001.03``."""
    _schema(message).assertValid(etree.fromstring(raw))
