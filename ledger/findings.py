"""What an audit finds (审计发现): one value each, with its position; the audit goes on after it.

Each kind of finding is a rule with a stable code, so that the tests, the documents and other
verifiers speak of the same thing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ledger.errors import Refused, Rule

ENTRY_MALFORMED = Rule(
    "entry-malformed",
    zh="记录不是规范形式：{problem!w}",
    en="the entry is not in its one form: {problem}",
)
ENTRY_FOREIGN = Rule(
    "entry-foreign",
    zh="此处的记录不是签署件",
    en="what stands here is no statement",
)
KEY_MISSING = Rule(
    "key-missing",
    zh="缺少密钥 {key}，无法验证其签名",
    en="the key {key} is missing, its signature cannot be checked",
)
KEY_DIFFERS = Rule(
    "key-differs",
    zh="公钥与其编号不符：应为 {expected}，实为 {found}",
    en="a public key does not have the id that it is listed under: {expected} expected, {found} found",
)
VERDICT_DIFFERS = Rule(
    "verdict-differs",
    zh="按当时账面不应准入：{code}：{problem}",
    en="by what stood then it should have been refused: {code}: {problem_en}",
)
NOT_DECIDABLE = Rule(
    "verdict-not-checked",
    zh="所需记录不在此包内，无法复核准入：{problem}",
    en="what it was decided on is not in this bundle: {problem_en}",
)
TIME_WENT_BACK = Rule(
    "time-went-back",
    zh="登记时间倒退：前一条 {expected}，此条 {found}",
    en="the time of recording goes back: the one before {expected}, this one {found}",
)
STATEMENT_TWICE = Rule(
    "statement-twice",
    zh="同一签署件出现两次：{id}",
    en="the same statement stands twice: {id}",
)
LEDGER_DIFFERS = Rule(
    "ledger-differs",
    zh="日志与签署件不属于同一台账：日志 {expected}，签署件 {found}",
    en="the log is of another ledger than its statements: log {expected}, statements {found}",
)
ROOT_DIFFERS = Rule(
    "root-differs",
    zh="记录与检查点（{size} 条）不符，改动在第 {size} 号以前、第 {after} 号以后：应为 {expected}，实为 {found}",
    en="the entries are not those of the checkpoint at {size}; up to {after} they are:"
    " expected {expected}, found {found}",
)
SIZE_DIFFERS = Rule(
    "size-differs",
    zh="检查点列为 {size} 条，签名的是 {found} 条",
    en="a checkpoint is listed at {size} entries, what is signed says {found}",
)
CHECKPOINT_NOT_VERIFIED = Rule(
    "checkpoint-not-verified",
    zh="检查点（{size} 条）签名不成立：{code}",
    en="the checkpoint at {size} does not verify: {code}",
)
CHECKPOINT_OUT_OF_ORDER = Rule(
    "checkpoint-out-of-order",
    zh="检查点次序不对：{size} 条的检查点列在 {after} 条的之后",
    en="checkpoints are out of order: the one at {size} stands after the one at {after}",
)
CHECKPOINT_MISSING = Rule(
    "checkpoint-missing",
    zh="第 {size} 号记录之上没有检查点",
    en="no checkpoint stands over the entries up to {size}",
)
CHECKPOINT_PENDING = Rule(
    "checkpoint-pending",
    zh="第 {after} 号之后到第 {size} 号尚无检查点：此副本止于签发之前，台账再登记时即签发",
    en="no checkpoint stands yet over the entries after {after}, up to {size}: the copy ends before it was signed;"
    " the ledger signs it as it goes on",
)
REMEMBERED_DIFFERS = Rule(
    "remembered-differs",
    zh="历史已被改动：与所保存的检查点（{size} 条）不符，第 {after} 号及以前相符，应为 {expected}，实为 {found}",
    en="history was changed: the remembered checkpoint at {size} has root {expected}, found {found};"
    " up to {after} it holds",
)
TAIL_CUT = Rule(
    "tail-cut",
    zh="末尾缺失：检查点证明曾有 {expected} 条，现只有 {found} 条",
    en="the end is missing: a checkpoint proves {expected} entries, {found} are here",
)
KEY_COMPROMISED = Rule(
    "key-compromised",
    zh="签名密钥 {key} 自 {since} 起不可信，此签署件在其后登记",
    en="the key {key} is not to be trusted since {since}, and this was recorded after",
)
FIGURE_DIFFERS = Rule(
    "figure-differs",
    zh="{name} 与重算不符：账上 {found}，重算 {expected}",
    en="{name} differs from what the entries add up to: {found} stated, {expected} computed",
)
DISCLOSURE_DIFFERS = Rule(
    "disclosure-differs",
    zh="随附身份与签署的承诺值不符：{id}",
    en="an identity in the bundle is not the one committed to: {id}",
)
SCHEMA_NOT_COMPARED = Rule(
    "schema-not-compared",
    zh="数据库结构无法比对：{problem}",
    en="the schema could not be compared: {problem_en}",
)
NOT_CHECKED = Rule(
    "not-checked",
    zh="{what}无法核对：{problem}",
    en="{what_en} could not be checked: {problem_en}",
)
MEMORY_DAMAGED = Rule(
    "memory-damaged",
    zh="数据目录留存的检查点已损坏，数据库是否被回退无从核对：{problem}",
    en="the checkpoint that the data folder remembers is damaged, so that a set-back would not show: {problem_en}",
)
BESIDE_THE_RECORD = Rule(
    "beside-the-record",
    zh="以下各项不在核对之内，能改动数据库者可以改动：{columns}；以下各表少一行，也核对不出：{tables}",
    en="whoever can change the database can change these, and it would not show: {columns_en}; nor would it that a row"
    " is gone of: {tables_en}",
)
NONE_REMEMBERED = Rule(
    "none-remembered",
    zh="未给出先前保存的检查点：末尾是否被截、历史是否被整体更换，无从核对",
    en="no checkpoint kept earlier was given: a cut end or another history was not looked for",
)
WITNESSES_UNKNOWN = Rule(
    "witnesses-unknown",
    zh="未给出见证方公钥：见证签名未核对",
    en="no witness's key was given: cosignatures were not checked",
)
TIMESTAMPS_UNVERIFIED = Rule(
    "timestamps-unverified",
    zh="未给出时间戳机构的根证书：{count} 个时间戳只核对了所盖的内容，未核对签发者",
    en="no roots of a timestamp authority were given: of {count} timestamps only what they are of was"
    " checked, not by whom",
)
VAULT_NOT_OPENED = Rule(
    "vault-not-opened",
    zh="没有台账密钥：身份保险库各行未打开核对",
    en="the ledger's secrets are not here: no row of the vault was opened",
)
CHECKPOINTS_NOT_CHAINED = Rule(
    "checkpoints-not-chained",
    zh="检查点早于检查点链：是否有检查点被删，无从核对",
    en="the checkpoints are older than their chain: whether some were removed was not checked",
)
INBOX_PENDING = Rule(
    "inbox-pending",
    zh="编号 {number} 的群众异议已收下，尚未登记",
    en="the objection {number} was received and is not recorded yet",
)
INBOX_UNCOMMITTED = Rule(
    "inbox-uncommitted",
    zh="{count} 份群众异议收于承诺值启用之前，无从核对",
    en="{count} objections were received before they were committed to, and were not checked",
)
ACCESS_LINES_UNSEALED = Rule(
    "access-lines-unsealed",
    zh="查阅日志已封存 {sealed} 行，其后现有 {count} 行尚未封存：这些行是否被删或被改，无从核对",
    en="{sealed} lines of the access log are sealed, and the {count} after them are not yet: whether any of these"
    " was removed or changed was not checked",
)
REGISTERS_UNSIGNED = Rule(
    "registers-unsigned",
    zh="有 {count} 份名单已载入而尚未签署，无从核对",
    en="{count} lists are loaded and not signed yet, and were not checked",
)
EXTENSION_FOUND = Rule(
    "extension-found",
    zh="数据库装有扩展 {object}，其所作所为不在核对之内",
    en="the database has the extension {object}; what it does is not checked",
)
PUBLICATION_FOUND = Rule(
    "publication-found",
    zh="台账的表由发布 {object} 向外复制",
    en="the publication {object} copies tables of the ledger to elsewhere",
)
READER_FOUND = Rule(
    "reader-found",
    zh="{grantee} 可读台账的表：{object}",
    en="{grantee} may read the ledger's tables: {object}",
)
SUPERUSER_FOUND = Rule(
    "superuser-found",
    zh="数据库服务器另有超级用户 {object}，可改动一切",
    en="the server has another superuser, who may change everything: {object}",
)
POWER_FOUND = Rule(
    "power-found",
    zh="角色 {member} 在整个数据库服务器上有特权：{powers}",
    en="the role {member} has a part of a superuser's power over the server: {powers}",
)

INFORMS = frozenset(
    {
        KEY_COMPROMISED.code,
        NOT_DECIDABLE.code,
        INBOX_PENDING.code,
        CHECKPOINT_PENDING.code,
        EXTENSION_FOUND.code,
        PUBLICATION_FOUND.code,
        READER_FOUND.code,
        SUPERUSER_FOUND.code,
        POWER_FOUND.code,
    }
)
"""Findings that say what to look at; all others say that something is not as it was recorded."""


class Finding(NamedTuple):
    """What was found, and at which position; None where it is about the whole."""

    position: int | None
    fault: Refused

    @property
    def grave(self) -> bool:
        """Whether it shows that something was changed, or is not what was signed."""
        return self.fault.code not in INFORMS

    def to_json(self) -> dict[str, Any]:
        """``{"position", "grave", "code", "message", "details"}``."""
        return {"position": self.position, "grave": self.grave, **self.fault.to_json()}


Report = Callable[[Finding], None]
"""Hears each finding as it is made."""
