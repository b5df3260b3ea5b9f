"""What is read of the unions' form for dossiers of hardship (困难职工档案表), as public copies of it show its columns."""

from __future__ import annotations

import pytest

from api.campaigns.plans import template
from api.roster.headings import is_relation, matched
from ledger.domain.policy.vocabulary import ListName

READ = {
    "姓名": "name", "身份证号": "number", "手机号码": "phone", "家庭住址": "address", "工作单位": "employer",
    "困难类别": "category", "主要致困原因": "cause", "家庭人口": "household_size", "家庭月人均收入": "income_per_head_fen",
    "工作状态": "employment", "劳模类型": "model_worker", "开户银行": "bank_name", "银行卡号": "account", "备注": "note",
}  # fmt: skip
NOT_ASKED = (
    "职工编号", "民族", "政治面貌", "健康状况", "残疾类别", "住房类型", "建筑面积", "邮政编码", "工作时间", "所属行业", "婚姻状况",
    "户口类型", "单位性质", "是否单亲", "本人月平均收入", "家庭年度总收入", "户口所在地行政区划", "医保状况", "是否有一定自救能力",
    "是否为零就业家庭",
)  # fmt: skip
"""No roster asks for these: the importer lists them as not used, and nothing of them is filed as something else."""


@pytest.mark.parametrize(("heading", "field"), READ.items())
def test_what_a_roster_asks_is_found_under_the_forms_headings(heading: str, field: str) -> None:
    found = matched("person", heading)
    assert found is not None and found.column.field == field


@pytest.mark.parametrize("heading", NOT_ASKED)
def test_nothing_else_is_taken_for_it(heading: str) -> None:
    assert matched("person", heading) is None


@pytest.mark.parametrize(
    ("of", "word", "code"),
    [
        ("cause", "本人大病", "illness"), ("cause", "家属大病", "illness"), ("cause", "收入低无法维持基本生活", "low-income"),
        ("cause", "患重特大疾病", "illness"), ("cause", "遭受意外事故", "accident"), ("cause", "遭受自然灾害", "disaster"),
        ("cause", "下岗失业", "unemployment"), ("cause", "无劳动能力", "no-labour"), ("cause", "未参加社会保险", "uninsured"),
        ("employment", "病休", "sick-leave"), ("employment", "内退", "early-retired"),
        ("model_worker", "省部级劳模", "provincial"), ("model_worker", "地市级劳模", "municipal"),
    ],
)  # fmt: skip
def test_its_words_are_known_by_todays_policy(of: ListName, word: str, code: str) -> None:
    known = template("union-today", 2026).policy.words(of)
    assert [each.code for each in known.values() if word in each.names] == [code]


@pytest.mark.parametrize(
    ("of", "word"), [("employment", "下（待）岗"), ("employment", "失（无）业"), ("category", "低保边缘户")]
)
def test_a_word_of_two_meanings_is_asked_about(of: ListName, word: str) -> None:
    """下岗 is not 待岗, 失业 is not 登记失业: which of the two it is, the form does not say."""
    known = template("union-today", 2026).policy.words(of)
    assert [each.code for each in known.values() if word in each.names] == []


@pytest.mark.parametrize("heading", ["与户主关系", "关系（是户主的）", "与户主的关系"])
def test_who_is_of_whose_household_is_found(heading: str) -> None:
    assert is_relation(heading)
