"""Requests that are no requests: told field by field, in both languages, in the ledger's own words."""

from __future__ import annotations

import gzip
from typing import Any, cast

import orjson
import pytest
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic_core import ErrorDetails

from api.app import ROUTERS
from api.statements.submissions import (
    SubmissionMalformed,
    SubmissionTooLarge,
    read_each,
    read_submission,
    split_submissions,
)
from ledger.validation_words import OTHERWISE, WORDS, problem_words
from tests.http.sharing import OneService

PERSON = {"kind": "person", "name": "张三", "number": "110101199003070011"}
SALT = "00" * 16


def malformed(line: bytes) -> tuple[str, str]:
    with pytest.raises(SubmissionMalformed) as caught:
        read_submission(line)
    assert "Error" not in caught.value.zh + caught.value.en
    return caught.value.zh, caught.value.en


@pytest.mark.parametrize(
    ("line", "zh", "en"),
    [
        (b"", "正文为空", "the body is empty"),
        (b"{", "正文不是 JSON：第 2 个字符起有误", "the body is not JSON: see character 2"),
        (b'{"a": "\xff"}', "正文不是 UTF-8：第 8 个字节有误", "the body is not UTF-8: see byte 8"),
        (gzip.compress(b"{}", mtime=0), "gzip", "compressed by gzip"),
        ("{}".encode("utf-16"), "UTF-16", "UTF-16"),
        (b"\xef\xbb\xbf{}", "字节顺序标记", "a byte order mark"),
        (b"null", "实为空值（null）", "got null"),
        (b"[]", "实为数组", "got an array"),
        (b'"x"', "实为1 个字符的文字", "got text of 1 characters"),
        (b"{}", "envelope：缺少此项", "envelope: it is missing"),
        (
            b'{"envelope": {}, "disclosure": 1}',
            "disclosure：应为对象，实为数字",
            "disclosure: expected an object",
        ),
        (
            b'{"disclosure": {}}',
            "envelope：缺少此项；disclosure.identity：缺少此项；disclosure.salt：缺少此项",
            "envelope: it is missing; disclosure.identity: it is missing; disclosure.salt: it is missing",
        ),
    ],
)
def test_what_is_no_submission_is_told(line: bytes, zh: str, en: str) -> None:
    found_zh, found_en = malformed(line)
    assert zh in found_zh
    assert en in found_en


@pytest.mark.parametrize(
    ("identity", "salt", "en"),
    [
        ({**PERSON, "number": 5}, SALT, "disclosure.identity.number: expected text, got a number"),
        ({"kind": "person"}, SALT, "disclosure.identity.name: it is missing"),
        ({**PERSON, "kind": "dog"}, SALT, "disclosure.identity: kind: expected one of person, enterprise"),
        ([], SALT, "disclosure.identity: expected a JSON object of names and values, got an array"),
        (PERSON, "xy", "disclosure.salt: expected 32 hex digits, got text of 2 characters"),
        (PERSON, None, "disclosure.salt: expected 32 hex digits, got null"),
    ],
)
def test_an_identity_is_told_field_by_field_and_never_quoted(identity: Any, salt: Any, en: str) -> None:
    sent = {"envelope": {}, "disclosure": {"identity": identity, "salt": salt}}
    zh, found = malformed(orjson.dumps(sent))
    assert en in found
    assert "Input should" not in zh + found
    assert PERSON["name"] not in zh + found


def test_what_is_too_large_is_told_with_the_limit_of_one() -> None:
    for read in (
        read_submission,
        lambda raw: read_each(split_submissions(b"[" + raw + b"]", as_lines=False)),
    ):
        with pytest.raises(
            SubmissionTooLarge, match=r"one statement is too large: \d+ bytes, at most 128000 each"
        ):
            read(b'"' + b"x" * 200_000 + b'"')


class TestService(OneService):
    def test_one_string_of_megabytes_is_too_large_as_elsewhere(self, client: TestClient) -> None:
        answer = client.post("/statements", content=b'"' + b"x" * 1_000_000 + b'"')
        assert (answer.status_code, answer.json()["code"]) == (413, "submission-too-large")

    @pytest.mark.parametrize("path", ["/statements", "/session", "/rosters/read"])
    def test_a_coded_body_is_refused_by_name(self, client: TestClient, path: str) -> None:
        answer = client.post(
            path, content=gzip.compress(b"{}", mtime=0), headers={"content-encoding": "gzip"}
        )
        assert (answer.status_code, answer.json()["code"]) == (415, "content-encoding-unsupported")
        assert "gzip" in answer.json()["detail"]

    @pytest.mark.parametrize(
        "content",
        [b'{"policy": "\xff"}', b'{"policy": ' + b"1" * 5_000 + b"}", b'{"policy": ' + b"[" * 50_000],
        ids=["no-encoding", "a-number-of-thousands-of-digits", "nested-without-end"],
    )
    def test_a_body_that_the_parser_itself_fails_at_is_told_as_malformed(
        self, client: TestClient, content: bytes
    ) -> None:
        for path in ("/dossiers/x/read", "/registers/revealed", "/session"):
            answer = client.post(path, content=content, headers={"content-type": "application/json"})
            assert answer.status_code == 422, (path, answer.text)
            assert answer.json()["code"] in ("parameter-invalid", "text-unwritable", "too-many-values"), path

    def test_a_parameter_is_told_in_each_language(self, client: TestClient) -> None:
        answer = client.get("/proof/-1").json()
        assert answer["title"] == '参数 position 不符：应不小于 1，实为 "-1"'
        assert answer["detail"] == 'the parameter position is invalid: expected at least 1, got "-1"'

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"null", b"\xff\xfe{", b'{"key": 5}'])
    def test_a_body_is_told_in_each_language(self, client: TestClient, content: bytes) -> None:
        answer = client.post("/session", content=content, headers={"content-type": "application/json"})
        text = answer.text
        assert answer.status_code in (400, 422)
        assert not any(each in text for each in ("Input should", "Field required", "JSON decode", "Error"))

    def test_a_method_that_is_not_taken_is_told_in_each_language(self, client: TestClient) -> None:
        answer = client.put("/statements")
        assert answer.status_code == 405
        assert answer.json()["title"] == "此地址不接受 PUT 请求，可用：POST"
        assert answer.json()["detail"] == "this address does not take PUT, only: POST"


HOSTILE: list[Any] = [
    None,
    "",
    "x",
    "-1",
    "0",
    "1.5",
    "9" * 5000,
    "x" * 5000,
    "2026-13-45",
    "\u0000",
    [],
    {},
    ["x"],
    1.5,
    -1,
]


def test_whatever_a_described_parameter_can_be_refused_for_has_its_words() -> None:
    """Every query and path parameter and every body of every route, against values that do not fit."""
    found: set[str] = set()
    for route in [route for router in ROUTERS for route in router.routes]:
        if not isinstance(route, APIRoute):
            continue
        body = [] if route.body_field is None else [route.body_field]
        for field in [*get_flat_params(route.dependant), *body]:
            for value in HOSTILE:
                _, errors = field.validate(value, {}, loc=("query", field.name))
                for error in errors or []:
                    found.add(error["type"])
                    assert problem_words(cast(ErrorDetails, error)) != OTHERWISE, error
    assert {"int_parsing", "greater_than_equal", "string_too_long", "literal_error", "missing"} <= found
    assert found <= set(WORDS)
