"""The words for what the views say (用语): names of members and codes, in Chinese; in English as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.domain.event import ROLE_TITLES, Event
from ledger.domain.loosening import MEMBERS as LOOSENED
from ledger.domain.loosening import UNIT_WINDOWS
from ledger.domain.matches import MATCH_RULE_TITLES, MATCH_STATE_TITLES
from ledger.errors import yuan
from projections.flags.rule import SEVERITY_TITLES
from projections.views.roster_rows import STATE_TITLES

MEMBERS = {
    "rows": "名单行数",
    # of ledgers below
    "ledger": "下级台账",
    "entry": "下级登记序号",
    "code": "代码",
    "of_campaign": "下级活动",
    "of_unit": "下级单位",
    "declared_persons": "上报人数",
    "declared_fen": "上报金额",
    "recomputed_persons": "复算人数",
    "recomputed_fen": "复算金额",
    "compared_by": "比对规则",
    "first": "一方台账",
    "second": "另一方台账",
    "handled": "处理情况",
    # of lists from outside
    "lists": "名单",
    "slips": "凭条",
    "not_reached": "未建档人数",
    # of cases and lines
    "state": "状态",
    "step": "步骤",
    "unit": "单位",
    "category": "类别",
    "line": "资金项目",
    "forms": "慰问形式",
    "asked_fen": "申请",
    "approved_fen": "批准",
    "paid_fen": "发放",
    "returned_fen": "退回",
    "site": "慰问点",
    "method": "发放方式",
    "aid_fen": "物资",
    "allocated_fen": "拨入",
    "transferred_fen": "调剂",
    "carried_fen": "结转",
    "committed_fen": "已批待付",
    "drawn_fen": "单位领款",
    "held_fen": "领款未发",
    "collective_fen": "集体慰问",
    "left_fen": "结余",
    "available_fen": "可用余额",
    "nominated_on": "申报日期",
    "approved_on": "审批日期",
    "paid_on": "发放日期",
    "notice_until": "公示截止",
    # of flags
    "amount_fen": "金额",
    "evidence": "证据",
    "new_evidence": "核查后新增证据",
    "details": "说明",
    "raised_at": "发现于登记序号",
    "severity": "严重程度",
    "approvals": "审批笔数",
    "at_once": "申报后随即审批",
    "authorised": "有委托书",
    "balance_fen": "余额",
    "bank_fen": "银行金额",
    "bank_says": "银行结果",
    "differs": "不符之处",
    "answer": "本人答复",
    "answers": "反映已交回的笔数",
    "items": "整改项数",
    "due": "整改期限",
    "received_fen": "实收",
    "said_paid_on": "银行称已付日期",
    "debits": "支出笔数",
    "campaigns": "活动",
    "cap_fen": "年度封顶",
    "changed_back": "又换回",
    "changed_on": "换卡日期",
    "closed": "活动已结束",
    "compromised": "密钥外泄",
    "county": "县级汇总",
    "deadline": "期限",
    "died_on": "死亡日期",
    "dossiers": "档案",
    "drawings": "领取笔数",
    "duties": "岗位",
    "entries": "记录条数",
    "expected": "应为",
    "fault": "问题",
    "fence_permille": "异常线",
    "filed_on": "报送日期",
    "loosened": "放宽之处",
    "acts": "所用记录条数",
    "used": "实际所用",
    "first_on": "首笔日期",
    "given_fen": "拨入",
    "group": "人群",
    "households": "户数",
    "stated_class": "认定类别",
    "computed_class": "测算类别",
    "exclusions": "不予认定情形",
    "reviewed_on": "最近复核日期",
    "ended_on": "退出日期",
    "months": "复核周期（月）",
    "kinds": "情形",
    "largest_fen": "最大一笔",
    "last_on": "最近更新",
    "levels": "相符程度",
    "limit_fen": "限额",
    "median_ms": "间隔中位数（毫秒）",
    "near": "临界笔数",
    "needed": "应公示工作日",
    "objections": "异议数",
    "investigations": "核查事项数",
    "returns": "退回笔数",
    "rules": "疑点规则",
    "of": "总人数",
    "officer": "人员",
    "officers": "人员",
    "roles": "角色",
    "identified": "身份已登记",
    "on": "业务日期",
    "payouts": "发放笔数",
    "persons": "人数",
    "persons_before": "上年人数",
    "prior_campaign": "上年活动",
    "prior_fen": "上年金额",
    "prior_list": "补录名单",
    "recipient": "对象",
    "recorded_on": "登记日期",
    "booked_on": "银行入账日期",
    "relations": "关系",
    "repaid_elsewhere": "改付他户",
    "revoked_from": "注销生效时间",
    "roster": "名单",
    "share_permille": "占职工比例",
    "shared": "相同之处",
    "shop": "车间或部门",
    "standard_fen": "标准",
    "steps": "步骤",
    "summary": "总结",
    "type": "事件",
    "undone_on": "退回或撤销日期",
    "units": "单位",
    "unmet": "不符条件",
    "upheld": "异议成立",
    "weight_milli": "权重",
    "working_days": "公示工作日",
    "year": "年度",
    "year_fen": "年度合计",
    "years": "年度",
    "employer": "工作单位",
    # parameters
    "added": "增加人数",
    "days": "天数",
    "days_after": "付款后天数",
    "days_before": "付款前天数",
    "equal": "同额笔数",
    "percent": "百分比",
    "seconds_between": "间隔秒数",
    "seconds_from_nomination": "距申报秒数",
    "stopped_months": "停产月数",
    "times": "倍数",
    # levels of linkage
    "name": "姓名",
    "number": "证件号",
    "phone": "电话",
    "account": "账户",
    "home": "住处",
}
"""What a member is called in Chinese."""

CODES = {
    "cash": "现金",
    "income-below-line": "收入低于低保线",
    "cause-given": "致困原因",
    "registered-unemployed": "登记失业",
    "employed-in-county": "在本县务工",
    "model-worker": "劳动模范",
    "stopped-or-closing": "停产或关闭破产",
    "nominate": "申报",
    "confirm": "确认",
    "approve": "审批",
    "pay": "发放",
    "gift": "礼品",
    "burden": "增加负担",
    "self": "本人",
    "spouse": "配偶",
    "parent": "父母",
    "child": "子女",
    "sibling": "兄弟姐妹",
    "other": "其他",
    "person": "个人",
    "enterprise": "企业",
    "account": "账户",
    "phone": "电话",
    "address": "住址",
    "farmer": "农民",
    "urban-resident": "城镇居民",
    "worker": "职工",
    "migrant-worker": "农民工",
    "money": "资金",
    "goods": "物资",
    "paid": "已付",
    "bounced": "退票",
    "different": "金额不符",
    "received": "已足额收到",
    "less": "少收到",
    "given-back": "已交回",
    "never": "未收到",
    "call-back": "回访",
    "slip": "凭条",
    **{code: zh for code, (zh, _) in {**MATCH_RULE_TITLES, **MATCH_STATE_TITLES}.items()},
    **{member: zh for member, (zh, _, _) in LOOSENED.items()},
    UNIT_WINDOWS[0]: UNIT_WINDOWS[1],
}
"""What a code is called in Chinese, where a member holds one."""

POSTINGS = {
    "allocated": ("拨入", "allocated"),
    "returned-to-source": ("交回", "returned to its source"),
    "transferred": ("调剂", "transferred"),
    "carried-over": ("结转下年", "carried over"),
    "committed": ("已批待付", "committed"),
    "drawn": ("领取", "drawn"),
    "drawn-returned": ("单位缴回未发款", "drawn and given back"),
    "paid": ("发放", "paid"),
    "collective": ("集体慰问", "given to a site"),
    "collective-returned": ("集体慰问退回", "returned by a site"),
    "returned": ("退回", "returned"),
}


class Words:
    """The words in one language, ``zh`` or ``en``."""

    def __init__(self, language: str) -> None:
        self.language = language

    def _say(self, zh: str, en: str) -> str:
        return en if self.language == "en" else zh

    def event_title(self, name: str) -> str:
        """An event type's title."""
        kind = next(kind for kind in Event.types.values() if name == kind.NAME)
        return self._say(kind.TITLE_ZH, kind.TITLE_EN)

    def member(self, name: str) -> str:
        """What a member is called."""
        if self.language != "en":
            return MEMBERS[name]
        for ending in ("_fen", "_milli", "_permille"):
            name = name.removesuffix(ending)
        return name.replace("_", " ")

    def value(self, name: str, found: Any) -> str:
        """A member's value in words: sums in yuan, shares in per cent, codes by what they are called."""
        if found is None:
            return "—"
        if isinstance(found, bool):
            return self._say("是", "yes") if found else self._say("否", "no")
        if isinstance(found, list):
            return self._say("、", ", ").join(self.value(name, each) for each in found)
        if isinstance(found, Mapping):
            return self.members(found)
        if name.endswith("_fen"):
            return yuan(found)
        if name.endswith("_permille"):
            return f"{found / 10:.1f} %"
        if name.endswith("_milli"):
            return f"{found / 1000:.1f}"
        if name == "state":
            return self._say(*STATE_TITLES[found])
        if name == "severity":
            return self._say(*SEVERITY_TITLES[found])
        if name == "roles":
            return self._say(*ROLE_TITLES[found])
        if name in ("type", "steps") and found in {kind.NAME for kind in Event.types.values()}:
            return self.event_title(found)
        return CODES.get(found, found) if isinstance(found, str) and self.language != "en" else str(found)

    def members(self, found: Mapping[str, Any]) -> str:
        """An object on one line: what is null, or has no word because it is for programs, is left out."""
        said = [
            f"{self.member(name)} {self.value(name, each)}"
            for name, each in found.items()
            if each is not None and name in MEMBERS
        ]
        return self._say("；", "; ").join(said)


def in_both(found: Mapping[str, Any]) -> dict[str, str]:
    """An object in words, in Chinese and English."""
    return {language: Words(language).members(found) for language in ("zh", "en")}
