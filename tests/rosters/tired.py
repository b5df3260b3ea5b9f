"""Files as a tired clerk makes them: units as block headings, numbers a digit a cell, notes with accounts, odd totals."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import PatternFill

from tests.rosters import files
from tests.rosters.expected import HEADER, PEOPLE, Expected, P, all_of, plain, row

H5 = ("序号", "姓名", "身份证号", "对象类别", "慰问金额（元）")


def tired() -> Iterator[Expected]:
    """Every such file."""
    for part in (blocks, totals, digits, columns, persons, cells, papers, texts, packed):
        yield from part()


def _n(at: int, who: Any, amount: Any = 500, category: Any = "困难职工") -> list[Any]:
    return [at, *row(who, amount, category)]


def blocks() -> Iterator[Expected]:
    """Titles over three rows, units as headings within the lines, serial numbers that begin again, ditto marks."""
    rows: list[Any] = [
        ("某市总工会",),
        ("2026年元旦春节送温暖活动",),
        ("困难职工慰问金发放花名册",),
        ("填报单位（盖章）：某县总工会", None, None, "2026年1月8日", "单位：万元"),
        ("序号", "姓名", "身份证号", "对象类别", "慰问金"),
        _n(1, P[0], 0.05),
        _n(2, P[1], 0.05),
        ("合计", None, None, None, 0.1),
        ("制表人：王五", None, "审核人：赵六", None, "日期：2026.1.8"),
    ]
    yield Expected("three-titles.xlsx", files.xlsx(rows, merges=["A1:E1", "A2:E2", "A3:E3"]), all_of(*P[:2]))
    rows = [
        H5,
        ("县茶厂",),
        _n(1, P[0]),
        _n(2, P[1]),
        ("县糖厂",),
        _n(1, P[2]),
        ("小计", None, None, None, 1500),
    ]
    yield Expected("units-as-blocks.xlsx", files.xlsx(rows, merges=["A2:E2", "A5:E5"]), all_of(*P[:3]))
    rows = [
        HEADER,
        ("县茶厂",),
        row(P[0]),
        row(P[1]),
        ("县糖厂工会委员会",),
        row(P[2]),
        ("城关镇",),
        row(P[3]),
    ]
    yield Expected(
        "units-as-blocks-in-names.xlsx", files.xlsx(rows, merges=["A2:D2", "A5:D5", "A7:D7"]), all_of(*P[:4])
    )
    yield Expected("units-as-blocks-unmerged.xlsx", files.xlsx(rows), all_of(*P[:4]))
    rows = [
        ("一、县茶厂（2人）",),
        H5,
        _n(1, P[0]),
        _n(2, P[1]),
        (),
        ("二、县糖厂（2人）",),
        H5,
        _n(1, P[2]),
        _n(2, P[3]),
    ]
    yield Expected("serials-again.xlsx", files.xlsx(rows), all_of(*P[:4]))
    rows = [
        [*HEADER, "所在单位"],
        [*row(P[0]), "县茶厂"],
        [*row(P[1]), "同上"],
        [*row(P[2]), "″"],
        [*row(P[3]), '"'],
    ]
    yield Expected(
        "ditto-employer.xlsx", files.xlsx(rows), all_of(P[0]), [(f"E{a}", "cell-ditto") for a in (3, 4, 5)]
    )


def totals() -> Iterator[Expected]:
    """Totals where nobody looks for them: first, among the names, behind, over both halves."""
    rows: list[Any] = [H5, ("合计", None, "2人", None, 1000), _n(1, P[0]), _n(2, P[1])]
    yield Expected("total-first.xlsx", files.xlsx(rows), all_of(*P[:2]))
    rows = [
        H5,
        _n(1, P[0]),
        _n(2, P[1]),
        (None, "合 计", 2, None, 1000),
        (None, "其中：困难职工", 2, None, 1000),
    ]
    yield Expected("total-among-names.xlsx", files.xlsx(rows), all_of(*P[:2]))
    rows = [H5, _n(1, P[0]), _n(2, P[1]), (None, None, None, None, 1000, "合计")]
    yield Expected("total-behind.xlsx", files.xlsx(rows), all_of(*P[:2]))
    rows = [H5, _n(1, P[0]), _n(2, P[1]), ("总人数：2人 总金额：1000元",)]
    yield Expected("total-in-one-cell.xlsx", files.xlsx(rows), all_of(*P[:2]))
    rows = [
        [*H5, *H5],
        [*_n(1, P[0]), *_n(3, P[2])],
        [*_n(2, P[1]), *_n(4, P[3])],
        ["合计", None, None, None, None, None, None, None, None, 2000],
    ]
    yield Expected("total-of-halves.xlsx", files.xlsx(rows), all_of(P[0], P[1], P[2], P[3]))
    rows = [H5, _n(1, P[0]), _n(2, P[1]), ("合计", None, None, None, "=SUM(E2:E3)")]
    yield Expected("total-formula.xlsx", files.xlsx(rows), all_of(*P[:2]))
    rows = [H5, _n(1, P[0], "=250*2"), _n(2, P[1])]
    yield Expected("sum-formula.xlsx", files.xlsx(rows), all_of(P[1]), [("E2", "cell-not-computed")])


def digits() -> Iterator[Expected]:
    """Numbers in parts: a digit a cell, in three cells, with spaces; and what is no number."""
    head = ["姓名", "身份证号", *[None] * 17, "对象类别", "慰问金额（元）"]
    rows: list[Any] = [head, *([w.name, *w.number, "困难职工", 500] for w in P[:2])]
    yield Expected("number-digit-a-cell.xlsx", files.xlsx(rows, merges=["B1:S1"]), all_of(*P[:2]))
    rows = [
        head,
        *([w.name, *(int(c) if c.isdigit() else c for c in w.number), "困难职工", 500] for w in P[:2]),
    ]
    yield Expected("number-digit-a-cell-numbers.xls", files.xls(rows), all_of(*P[:2]))
    head = ["姓名", "身份证号", None, None, "对象类别", "慰问金额（元）"]
    rows = [head, *([w.name, w.number[:6], w.number[6:14], w.number[14:], "困难职工", 500] for w in P[:2])]
    yield Expected("number-in-three.xlsx", files.xlsx(rows, merges=["B1:D1"]), all_of(*P[:2]))
    spaced = [
        HEADER,
        *([w.name, f"{w.number[:6]} {w.number[6:14]} {w.number[14:]}", "困难职工", 500] for w in P[:2]),
        [P[2].name, "".join(chr(ord(c) + 0xFEE0) for c in P[2].number), "困难职工", 500],
        [P[3].name, "-".join((P[3].number[:6], P[3].number[6:14], P[3].number[14:])), "困难职工", 500],
    ]
    yield Expected("number-spaced.xlsx", files.xlsx(spaced), all_of(*P[:4]))
    wrong = [
        HEADER,
        [P[0].name, "13805961234", "困难职工", 500],
        [P[1].name, P[1].number[:6] + "********" + P[1].number[14:], "困难职工", 500],
        [P[2].name, P[2].account, "困难职工", 500],
        [P[3].name, "办理中", "困难职工", 500],
    ]
    yield Expected(
        "number-is-none.xlsx",
        files.xlsx(wrong),
        faults=[(f"B{a}", "resident-number-form") for a in (2, 3, 4, 5)],
    )


def columns() -> Iterator[Expected]:
    """Columns beside those of the form: notes with accounts, who fetches it, former names, goods."""
    rows: list[Any] = [
        [*HEADER, "备注"],
        [*row(P[0]), f"工行{P[0].account}"],
        [*row(P[1]), f"农行卡{P[1].account}"],
    ]
    yield Expected("note-with-account.xlsx", files.xlsx(rows), all_of(*P[:2]), asked=["column-note-holds"])
    rows = [
        [*HEADER, "代领人", "代领人身份证号", "代领人电话", "与领款人关系"],
        [*row(P[0]), P[1].name, P[1].number, "13805961234", "夫妻"],
        [*row(P[2]), None, None, None, None],
    ]
    yield Expected(
        "fetched-by.xlsx",
        files.xlsx(rows),
        all_of(P[0], P[2]),
        asked=["column-by-content"] * 3 + ["column-unknown"],
    )
    rows = [[*HEADER, "曾用名"], [*row(P[0]), "王小芳"]]
    yield Expected("former-name.xlsx", files.xlsx(rows), all_of(P[0]), asked=["column-by-content"])
    rows = [[*HEADER[:3], "慰问金（元）", "慰问品折价（元）", "合计（元）"], [*row(P[0]), 200, 700]]
    yield Expected("money-and-goods.xlsx", files.xlsx(rows), all_of(P[0]), asked=["column-by-content"] * 2)
    rows = [["姓  名", "身 份 证\n号 码", "对象\n类别", "慰问\n金额\n(元)"], row(P[0])]
    yield Expected("headings-broken.xlsx", files.xlsx(rows), all_of(P[0]))
    rows = [["春节慰问金发放表", None, None, "（万元）"], [*HEADER[:3], "慰问金额"], row(P[0], 0.05)]
    yield Expected("unit-beside-title.xlsx", files.xlsx(rows), all_of(P[0]))
    rows = [["春节慰问金发放表（万元）"], [*HEADER[:3], "慰问金额"], row(P[0], 0.05)]
    yield Expected("unit-in-title.xlsx", files.xlsx(rows), all_of(P[0]))
    rows = [["金额单位:人民币百元"], [*HEADER[:3], "慰问金额"], row(P[0], 5)]
    yield Expected("unit-of-hundred.xlsx", files.xlsx(rows), all_of(P[0]))
    rows = [[*HEADER, "身份证有效期", "性别", "年龄"], [*row(P[0]), "2016.1.1-2036.1.1", "男", 45]]
    yield Expected("validity.xlsx", files.xlsx(rows), all_of(P[0]), asked=["column-unknown"] * 3)
    rows = [[*HEADER, "开户行及账号"], [*row(P[0]), f"工商银行某县支行 {P[0].account}"]]
    yield Expected("bank-and-account.xlsx", files.xlsx(rows), all_of(P[0]), asked=["column-unknown"])
    rows = [HEADER, row(P[0]), (), ("姓名", "身份证号", "对象类别", "助学金（元）"), row(P[1], 2000)]
    yield Expected(
        "second-of-other-money.xlsx",
        files.xlsx(rows),
        [*all_of(P[0]), (P[1].number, None)],
        asked=["column-by-content"],
    )


def persons() -> Iterator[Expected]:
    """Names with more than the name, members of the household below and beside."""
    people = [PEOPLE.person() for _ in range(8)]
    said = (
        "王芳（曾用名王小芳）",
        "1、张三",
        "张三①",
        "李四\n（低保）",
        "王五(男)",
        "赵六、孙七",
        "张三*",
        "王大力 13805961234",
    )
    rows: list[Any] = [HEADER, *([s, w.number, "困难职工", 500] for s, w in zip(said, people, strict=True))]
    wrong = [(f"A{a}", "cell-of-several" if a == 7 else "person-name") for a in range(2, 10)]
    yield Expected("names-with-more.xlsx", files.xlsx(rows), faults=wrong)
    head = ["序号", "姓名", "身份证号", "家庭住址", "慰问金额（元）"]
    rows = [
        ["困难职工慰问名单"],
        head,
        [1, P[0].name, P[0].number, "城关镇1号", 500],
        [None, P[1].name, P[1].number, None, None],
        [2, P[2].name, P[2].number, "城关镇2号", 500],
    ]
    yield Expected("family-below.xlsx", files.xlsx(rows), all_of(P[0], P[2]), asked=["row-unnumbered"])
    rows = [[*H5[:3], "家庭成员", *H5[3:]], [1, *row(P[0])[:2], "配偶李某、儿子王某", "困难职工", 500]]
    yield Expected("family-in-a-cell.xlsx", files.xlsx(rows), all_of(P[0]), asked=["column-unknown"])


def cells() -> Iterator[Expected]:
    """Sums and accounts as they are typed; lines with a coloured ground."""
    good = ("500.00元/户", "伍佰圆整", " 500 元 ", "500（元）", "５百元", "1千元整", "￥1,000.00", "1 000.00")
    fen = [50_000, 50_000, 50_000, 50_000, 50_000, 100_000, 100_000, None]
    people = [PEOPLE.person() for _ in good]
    rows: list[Any] = [HEADER, *(row(w, s) for w, s in zip(people, good, strict=True))]
    yield Expected(
        "sums-as-typed.xlsx",
        files.xlsx(rows),
        [(w.number, f) for w, f in zip(people, fen, strict=True) if f],
        [("D9", "amount-doubtful")],
    )
    bad = (
        "500+200",
        "现金500，物资200",
        "米油折价300",
        "500/3人",
        "待定",
        "500?",
        "5OO",
        "伍佰200元",
        "500元整 已领",
    )
    rows = [HEADER, *(row(PEOPLE.person(), s) for s in bad)]
    yield Expected(
        "sums-of-two.xlsx",
        files.xlsx(rows),
        faults=[(f"D{a}", "amount-doubtful" if a == 5 else "amount") for a in range(2, 2 + len(bad))],
    )
    card = P[0].account or ""
    rows = [
        [*HEADER, "银行卡号", "联系电话"],
        [*row(P[0]), f"{card[:4]} {card[4:8]} {card[8:]}", "138 0596 1234"],
        [*row(P[1]), 6.22202e18, "13805961234/13905961234"],
        [*row(P[2]), None, "0596-2021234"],
    ]
    yield Expected(
        "accounts-as-typed.xlsx",
        files.xlsx(rows),
        all_of(P[0], P[2]),
        [("F3", "phone"), ("E3", "number-damaged")],
    )
    rows = [HEADER, row(P[0]), row(P[1]), row(P[2])]
    yield Expected("coloured.xlsx", _coloured(rows, 3), all_of(*P[:3]), notices=["rows-coloured"])
    yield Expected("coloured-stripes.xlsx", _coloured([HEADER, *map(row, P[:8])], 2, 4, 6, 8), all_of(*P[:8]))


def papers() -> Iterator[Expected]:
    """Signatures, remarks and annexes around the table."""
    rows: list[Any] = [
        H5,
        _n(1, P[0]),
        _n(2, P[1]),
        ("制表人：张三    审核人：李四    日期：2026.1.5",),
        ("单位负责人：", None, "分管领导：", None, "经办人："),
    ]
    yield Expected("signed-below.xlsx", files.xlsx(rows), all_of(*P[:2]))
    rows = [
        H5,
        _n(1, P[0]),
        ("说明：1.本表一式三份。",),
        (
            None,
            "2.身份证号须填18位。",
        ),
        ("此表请于1月10日前报县总工会权益部，联系电话0596-2021234",),
    ]
    yield Expected("notes-below.xlsx", files.xlsx(rows), all_of(P[0]))
    rows = [
        ("附件2",),
        ("困难职工名单",),
        ("填报人：王五 联系电话：13805961234",),
        H5,
        _n(1, P[0]),
        ("注：经2026年1月5日会议研究同意发放",),
        ("会长签字",),
        ("年  月  日",),
    ]
    yield Expected("annex.xls", files.xls(rows), all_of(P[0]))
    sheets = files.xlsx(
        [H5, _n(1, P[0])],
        more={"汇总": [("单位", "人数", "金额"), ("县茶厂", 1, 500), ("合计", 1, 500)], "Sheet3": []},
    )
    yield Expected("summary-sheet.xlsx", sheets, all_of(P[0]), asked=["sheet-no-table"])


def texts() -> Iterator[Expected]:
    """Texts and pages as systems write them, and forms of other programs."""
    lines = [",".join(map(str, each)) for each in plain(*P[:2])]
    yield Expected(
        "text-blank-lines.csv",
        ("\r\n\r\n春节慰问名单,,,\r\n\r\n" + "\r\n\r\n".join(lines)).encode("gb18030"),
        all_of(*P[:2]),
    )
    head = '姓名,"身份证\n号码",对象类别,"慰问金额\n（元）"'
    yield Expected(
        "text-broken-heading.csv", "\r\n".join([head, *lines[1:]]).encode("utf-8-sig"), all_of(*P[:2])
    )
    yield Expected(
        "text-tabs-behind.txt",
        "\r\n".join(each.replace(",", "\t") + "\t\t" for each in lines).encode("utf-16"),
        all_of(*P[:2]),
    )
    yield Expected(
        "text-no-quotes.csv",
        "\n".join([lines[0] + ",家庭住址", lines[1] + ',城关镇1号"院', lines[2] + ",城关镇2号"]).encode(),
        all_of(*P[:2]),
    )
    big = ["姓名,身份證號,對象類別,金額", *(f"王大明,{w.number},困難職工,500" for w in P[:2])]
    yield Expected("text-big5.csv", "\r\n".join(big).encode("big5"), all_of(*P[:2]))
    yield Expected(
        "text-guarded.csv",
        "\r\n".join([lines[0], *(f'="{w.name}","=""{w.number}""",困难职工,="500"' for w in P[:2])]).encode(
            "utf-8-sig"
        ),
        all_of(*P[:2]),
    )
    wide = "\r\n".join(re.sub(",", "，", each) for each in lines)
    yield Expected("text-wide-commas.csv", wide.encode("gb18030"), all_of(*P[:2]))
    spaces = "\r\n".join(re.sub(",", "    ", each) for each in lines)
    yield Expected("text-spaces.txt", spaces.encode("gb18030"), unreadable="roster-no-header")
    page = (
        "<html xmlns:x='urn:schemas-microsoft-com:office:excel'><head><meta http-equiv=Content-Type content='text/html; charset=gb2312'></head><body>"
        "<table><tr><td colspan=4>名单</td></tr><tr>"
        + "".join(f"<th>{h}</th>" for h in HEADER)
        + "</tr>"
        + "".join(
            f"<tr{s}><td>{w.name}&nbsp;</td><td style='mso-number-format:\"\\@\"' x:str>{w.number}</td><td>困难职工</td><td x:num=500>500.00</td></tr>"
            for w, s in zip(P[:3], ("", " style='display:none'", ""), strict=True)
        )
        + "</table></body></html>"
    )
    yield Expected(
        "page-of-system.xls",
        page.encode("gb18030"),
        all_of(P[0], P[2]),
        asked=["row-hidden"],
        notices=["file-kind"],
    )
    mht = b'MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\nContent-Type: multipart/related; boundary="----=_x"\r\n\r\n------=_x\r\nContent-Location: file:///C:/a.htm\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: text/html; charset="us-ascii"\r\n\r\n<html></html>\r\n'
    yield Expected("web-archive.mht", mht, unreadable="roster-file")
    yield Expected("web-archive.xls", mht, unreadable="roster-file")
    dbf = (
        b"\x03\x7e\x01\x05\x02\x00\x00\x00\x41\x00\x1e\x00"
        + bytes(20)
        + b"NAME\0\0\0\0\0\0\0C"
        + bytes(16)
        + b"\x0d"
        + b" " * 60
    )
    yield Expected("table.dbf", dbf, unreadable="roster-file")
    slk = 'ID;PWXL;N;E\r\nC;Y1;X1;K"姓名"\r\nC;Y1;X2;K"身份证号"\r\nE\r\n'.encode("gb18030")
    yield Expected("table.slk", slk, unreadable="roster-file")


def packed() -> Iterator[Expected]:
    """Workbooks as other programs than Excel pack them."""
    yield Expected("inline.xlsx", bare(plain(*P[:2])), all_of(*P[:2]))
    yield Expected("inline-no-places.xlsx", bare(plain(*P[:2]), places=False), all_of(*P[:2]))
    yield Expected(
        "inline-hidden-no-places.xlsx",
        bare(plain(*P[:2]), places=False, hidden=2),
        all_of(P[0]),
        asked=["row-hidden"],
    )
    yield Expected("prefixed.xlsx", bare(plain(*P[:2]), prefix="x:"), all_of(*P[:2]))
    yield Expected(
        "prefixed-hidden.xlsx", bare(plain(*P[:2]), prefix="x:", hidden=2), all_of(P[0]), asked=["row-hidden"]
    )
    yield Expected("strict.xlsx", bare(plain(*P[:2]), strict=True), all_of(*P[:2]))
    yield Expected(
        "strict-hidden.xlsx", bare(plain(*P[:2]), strict=True, hidden=2), all_of(P[0]), asked=["row-hidden"]
    )
    yield Expected(
        "elsewhere-hidden.xlsx",
        bare(plain(*P[:2]), book="xl/workbook22.xml", hidden=2),
        unreadable="roster-file",
    )
    yield Expected(
        "capitals-hidden.xlsx",
        bare(plain(*P[:2]), book="xl/Workbook.xml", hidden=2),
        all_of(P[0]),
        asked=["row-hidden"],
    )


def bare(
    rows: Sequence[Sequence[Any]],
    *,
    prefix: str = "",
    places: bool = True,
    strict: bool = False,
    hidden: int | None = None,
    book: str = "xl/workbook.xml",
) -> bytes:
    main = (
        "http://purl.oclc.org/ooxml/spreadsheetml/main"
        if strict
        else "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    )
    rel = (
        "http://purl.oclc.org/ooxml/officeDocument/relationships"
        if strict
        else "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    )
    p, ns = prefix, f"xmlns:{prefix[:-1]}" if prefix else "xmlns"

    def cell(y: int, x: int, v: Any) -> str:
        at = f' r="{chr(65 + x)}{y + 1}"' if places else ""
        if isinstance(v, int):
            return f"<{p}c{at}><{p}v>{v}</{p}v></{p}c>"
        return f'<{p}c{at} t="inlineStr"><{p}is><{p}t>{v}</{p}t></{p}is></{p}c>'

    data = "".join(
        f"<{p}row"
        + (f' r="{y + 1}"' if places else "")
        + (' hidden="1"' if y == hidden else "")
        + ">"
        + "".join(cell(y, x, v) for x, v in enumerate(r))
        + f"</{p}row>"
        for y, r in enumerate(rows)
    )
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as into:
        into.writestr(
            "[Content_Types].xml",
            '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/{book}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        )
        into.writestr(
            "_rels/.rels",
            f'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{rel}/officeDocument" Target="{book}"/></Relationships>',
        )
        into.writestr(
            book,
            f'<?xml version="1.0"?><{p}workbook {ns}="{main}" xmlns:r="{rel}"><{p}sheets><{p}sheet name="名单" sheetId="1" r:id="rId1"/></{p}sheets></{p}workbook>',
        )
        folder, _, name = book.rpartition("/")
        into.writestr(
            f"{folder}/_rels/{name}.rels",
            f'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        into.writestr(
            "xl/worksheets/sheet1.xml",
            f'<?xml version="1.0"?><{p}worksheet {ns}="{main}"><{p}sheetData>{data}</{p}sheetData></{p}worksheet>',
        )
    return raw.getvalue()


def _coloured(rows: Sequence[Sequence[Any]], *at: int) -> bytes:
    """A workbook whose rows at these numbers, from 1, have a ground of yellow."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in rows:
        sheet.append(list(cells))
    for number in at:
        for cell in sheet[number]:
            cell.fill = PatternFill("solid", fgColor="FFFF00")
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()
