"""What a file really is: texts in the encodings of the region, and XML that is no table."""

from __future__ import annotations

import pytest

from api.roster.file_kinds import NotReadable, decoded, kind_of

FLAT = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<office:document'
    b' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>'
)


@pytest.mark.parametrize("encoding", ["big5", "big5hkscs"])
def test_a_text_in_big5_is_read_as_that(encoding: str) -> None:
    text = "序號,姓名,身份證號碼\n1,王淑芬,350623196610178469\n"
    found = decoded(text.encode(encoding))
    assert (found.text, found.encoding) == (text, "Big5")
    assert kind_of(text.encode(encoding)) == "text"


def test_a_text_in_gb_18030_stays_that() -> None:
    assert decoded("序号,姓名\n1,王淑芬\n".encode("gb18030")).encoding == "GB 18030"


def test_xml_that_is_no_table_is_not_read_as_lines_of_markup() -> None:
    with pytest.raises(NotReadable) as refused:
        kind_of(FLAT)
    assert refused.value.problem == "format"
