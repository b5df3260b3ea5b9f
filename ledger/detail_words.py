"""What details of refusals are called in Chinese (细节用语), for the texts alone: in the details they stay as they are.

A detail is a stable code or a short English phrase, the same for scripts in every language. A rule's
Chinese text shows it by ``{found!w}``; the test of all refusals asks that none is left without a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

WORDS: Mapping[str, str] = {
    # The states of a case.
    "nominated": "已申报",
    "confirmed": "已确认",
    "approved": "已批准",
    "approved-after-the-fact": "补录审批",
    "rejected": "已退回或未批准",
    "revoked": "已撤销",
    "applied": "已申请",
    "on-file": "在档",
    "ended": "已退出",
    "approved and not paid in full": "已批准且未付清",
    "paid in full": "已付清",
    # What a reference names.
    "access-log": "查阅日志",
    "account": "账户",
    "account-of-line": "资金项目的账户",
    "account-statement": "对账单",
    "bank-account": "银行账户",
    "bank-day": "银行发放日",
    "bank-line": "银行回单",
    "bank-word": "银行结果",
    "book": "账本",
    "campaign": "活动",
    "case": "申报",
    "clock": "所确认的时钟",
    "collective-help": "集体慰问",
    "handover": "移送事项",
    "called-back": "回访答复",
    "slip": "凭条",
    "slip-of-payout": "发放的凭条",
    "said-by-slip": "凭条反馈",
    "sites-of-unit": "单位集体慰问累计",
    "rectification": "整改通知",
    "debited-payout": "对账单支出",
    "dossier": "档案",
    "dossier-life": "档案状态",
    "entry": "记录",
    "event": "事件",
    "flag": "疑点",
    "household": "家庭情况",
    "investigation": "核查事项",
    "key": "密钥",
    "line": "资金项目",
    "linkage": "人员比对",
    "listed-root": "名单内容",
    "brought-in": "已补录的文件",
    "member": "家庭成员",
    "move": "资金往来",
    "node": "关系图节点",
    "notice": "公告",
    "objection": "异议",
    "officer": "人员",
    "payment-file": "代发文件",
    "payout": "发放",
    "reading": "身份查阅",
    "received": "收到的异议",
    "register": "名单",
    "rule": "疑点规则",
    "sanction": "取消资格",
    "sent-payout": "代发明细",
    "statement-day": "对账单日支出",
    "statement-file": "对账单文件",
    "subject": "疑点对象",
    "unit": "单位",
    # The levels of units.
    "province": "省",
    "city": "市",
    "county": "县",
    "department": "部门",
    "town": "乡镇",
    "grass-roots": "基层",
    # Of other things.
    "open": "未结",
    "closed": "已结",
    "a sanction in force": "本单位生效中的停补",
    "lifted or other": "已解除，或属于其他单位",
    "to the line": "退回资金项目",
    "to drawn money": "退回单位已领款",
    "received for this case, not taken down": "为此档案收到、尚未登记的异议",
    "other, or taken down": "其他档案的，或已登记",
    "open objection to this case": "此档案的未结异议",
    "other": "其他",
    "person": "个人",
    "enterprise": "企业",
    # What a statement or an envelope is made of.
    "statement": "签署件",
    "envelope": "信封",
    "marks": "盲索引",
    "members": "成员",
    "body": "正文",
    "made_at": "签署时间（made_at）",
    "on": "业务日期（on）",
    "signature": "签名",
    "signatures": "签名",
    "public key": "公钥",
    "keyid": "密钥编号（keyid）",
    "payload": "载荷（payload）",
    "payloadType": "载荷类型（payloadType）",
    "index, size": "序号与总数（index、size）",
    "path": "路径（path）",
    "root": "根哈希",
    "an object": "对象",
    "an array": "数组",
    "null": "空值（null）",
    "a boolean": "布尔值",
    "a number": "数字",
    "no JSON": "不是 JSON",
    "other JSON": "其他 JSON",
    "a larger one": "更大的整数",
    "a time with its offset": "带时区的时间",
    "a time with its offset, like 2026-01-15T09:30:00+08:00": "带时区的时间，如 2026-01-15T09:30:00+08:00",
    "a date like 2026-01-15": "日期，如 2026-01-15",
    "a UUIDv7": "UUIDv7",
    "a UUID": "UUID",
    "a type with its version, like Disbursed.v1": "类型及版本，如 Disbursed.v1",
    "id": "编号（id）",
    "by": "签署人（by）",
    "ledger": "账本（ledger）",
    "type": "类型（type）",
    "an object of payload, payloadType and signatures": "含 payload、payloadType、signatures 的对象",
    "one of each key": "每把密钥各一个",
    "a key twice": "同一密钥两个",
    "integers from 0": "不小于 0 的整数",
    "64 hexadecimal digits": "64 位十六进制数字",
    "base64": "Base64",
    # Signatures that could have been made otherwise.
    "S is not below the group order": "S 不小于群的阶",
    "public key is of small order": "公钥是小阶点",
    "public key is not canonical": "公钥不是规范编码",
    "R is of small order": "R 是小阶点",
    "R is not canonical": "R 不是规范编码",
    "r is not within the group order": "r 不在群的阶之内",
    "s is not within the group order": "s 不在群的阶之内",
    "32 bytes, or 65 from 04 on": "32 字节，或以 04 开头的 65 字节",
    # Proofs, notes and checkpoints.
    "leaf index": "叶序号",
    "proof length": "证明长度",
    "tree sizes": "树的大小",
    "tree size": "树的大小",
    "old root": "旧根哈希",
    "new root": "新根哈希",
    "hash length": "哈希长度",
    "leaf hash": "叶哈希",
    "more hashes": "更多哈希",
    "fewer hashes": "更少哈希",
    "0 <= old <= new": "0 ≤ 旧 ≤ 新",
    "chain": "检查点链",
    "checkpoint": "检查点",
    "proof": "证明",
    "request": "请求",
    "size": "大小",
    "old size": "旧的大小",
    "encoding": "编码",
    "characters": "字符",
    "form": "格式",
    "signature line": "签名行",
    "name, count and hash": "名称、数目与哈希",
    "origin, size and root": "来源、大小与根哈希",
    "a decimal number": "十进制整数",
    "32 bytes in Base64": "32 字节的 Base64",
    "old size, proof, an empty line, a checkpoint": "旧的大小、证明、空行、检查点",
    "other bytes": "其他字节",
    "no control characters": "没有控制字符",
    "one": "有一个",
    "text, an empty line, signature lines": "正文、空行、签名行",
    "— name base64": "“— 名称 Base64”",
    "sig": "签名（sig）",
    "timestamp": "时间戳",
    "verifier key": "验证公钥",
    # Entries.
    "its event cannot take effect": "其事件不能生效",
    "its members are not where they belong": "其成员不在应在之处",
    "its marks are no object": "其盲索引不是对象",
    "it is no timestamp of RFC 3161": "不是 RFC 3161 时间戳",
    "it is not the authority's word on this text": "不是该机构对此文本的答复",
    "another text was stamped": "所盖的是另一文本",
}
_PATTERNS = tuple(
    (re.compile(pattern), zh)
    for pattern, zh in (
        (r"at most (\d+) hashes", "至多 {} 个哈希"),
        (r"at least (\d+) hash(?:es)?", "至少 {} 个哈希"),
        (r"(\d+) hash(?:es)?", "{} 个哈希"),
        (r"at most (\d+)", "至多 {}"),
        (r"(\d+) to (-?\d+)", "{} 至 {}"),
        (r"(\d+) bytes", "{} 字节"),
        (r"a leaf hash of (\d+) bytes", "叶哈希有 {} 字节"),
        (r"integers within ±(\d+)", "±{} 以内的整数"),
        (r"text of (\d+) characters", "{} 个字符的文字"),
        (r"no JSON at line (\d+), column (\d+)", "第 {} 行第 {} 列不是 JSON"),
        (r"there is no time (\S+)", "没有 {} 这个时间"),
        (r"case (\S+), line (\S+)", "对象 {}、资金项目 {}"),
    )
)


def in_chinese(detail: Any) -> Any:
    """A detail's Chinese; several with ", " between by 、, and what is no word of ours as it stands.

    >>> in_chinese("nominated, confirmed"), in_chinese("64 bytes"), in_chinese("X-9"), in_chinese(7)
    ('已申报、已确认', '64 字节', 'X-9', 7)
    """
    if not isinstance(detail, str):
        return detail
    if detail in WORDS:
        return WORDS[detail]
    for pattern, zh in _PATTERNS:
        found = pattern.fullmatch(detail)
        if found is not None:
            return zh.format(*found.groups())
    parts = detail.split(", ")
    return "、".join(WORDS[each] for each in parts) if all(each in WORDS for each in parts) else detail
