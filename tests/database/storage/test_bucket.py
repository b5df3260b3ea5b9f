"""Objects in a bucket of an S3-compatible server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from moto.s3.models import s3_backends

from api.operating.doctor import examine
from api.service.settings import Settings
from ledger.errors import Misconfigured
from ledger.storage.depot import open_depot
from ledger.storage.object_store import PART_BYTES
from ledger.storage.s3_bucket import Bucket, credentials_in, place_in


def test_the_doctor_names_a_bucket_that_is_not_there_until_it_is_made(bucket: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, backup_target=bucket.replace("backups", "made-later"))
    (line,) = (each for each in examine(settings) if each.topic == "backup target")
    assert (line.level, "no such bucket" in line.said[1]) == ("fail", True)
    assert "the bucket has to be there" in line.way_out[1]
    import boto3

    boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"]).create_bucket(Bucket="made-later")
    assert [each.level for each in examine(settings) if each.topic == "backup target"] == ["ok"]


def break_off(store: Bucket, name: str, content: bytes) -> None:
    with store.writer(name) as sink:
        sink.write(content)
        raise InterruptedError


def test_a_large_object_goes_and_comes_in_parts_and_one_broken_off_leaves_nothing(
    bucket: str, tmp_path: Path
) -> None:
    depot = open_depot(bucket)
    (tmp_path / "tree").mkdir()
    content = os.urandom(2 * PART_BYTES + 5)
    (tmp_path / "tree" / "file").write_bytes(content)
    digest = depot.put_tree("bases/a b/tree.tar.gz", tmp_path / "tree")
    (size,) = depot.sizes("bases").values()
    depot.fetch_tree("bases/a b/tree.tar.gz", tmp_path / "back", digest, size)
    assert (tmp_path / "back" / "file").read_bytes() == content
    assert depot.digest("bases/a b/tree.tar.gz") == digest
    with pytest.raises(Misconfigured, match="tree"):
        depot.fetch_tree("bases/a b/tree.tar.gz", tmp_path / "other", digest, size - 1)
    store = Bucket(place_in(os.environ, "backups", "songnuan"), credentials_in(os.environ))
    with pytest.raises(InterruptedError):
        break_off(store, "half", content)
    depot.put("empty", b"")
    assert (depot.get("empty"), depot.get("half")) == (b"", None)
    assert not s3_backends["123456789012"]["aws"].buckets["backups"].multiparts
