"""The columns of the rosters' forms, and the headings under which people write them.

Annex 1 (附件1) lists enterprises, Annex 2 (附件2) persons; clause A-9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Recipient = Literal["person", "enterprise"]


@dataclass(frozen=True)
class Column:
    """A column: its field, its heading on the form, other headings met, and what goes in."""

    field: str
    heading: str
    synonyms: tuple[str, ...]
    meaning: str
    required: bool = False
    width: int = 14


_BANKS = ("开户银行", "开户行名称", "开户网点", "收款行", "收款行名称", "收款银行", "开户支行")

_HOLDERS = (
    "开户名",
    "账户名",
    "银行卡户名",
    "账户名称",
    "账户姓名",
    "收款人户名",
    "收款人",
    "收款人姓名",
    "收款人名称",
    "持卡人",
    "持卡人姓名",
    "开户人",
    "开户人姓名",
    "卡主姓名",
)

PERSONS = (
    Column(
        "number",
        "公民身份号码",
        (
            "身份证号",
            "身份证号码",
            "居民身份证号",
            "居民身份证号码",
            "居民身份证",
            "身份证",
            "身份号码",
            "身份证件号码",
            "身份证件号",
            "证件号码",
            "证件号",
            "有效证件号码",
            "居住证号码",
            "护照号码",
        ),
        "18 位，旧证 15 位；港澳台居民居住证、外国人永久居留身份证、护照也可；请设为文本格式",
        True,
        22,
    ),
    Column(
        "name",
        "姓名",
        (
            "名字",
            "职工姓名",
            "困难职工姓名",
            "慰问对象",
            "慰问对象姓名",
            "帮扶对象姓名",
            "人员姓名",
            "本人姓名",
        ),
        "本人姓名",
        True,
        10,
    ),
    Column(
        "category",
        "对象类别",
        (
            "类别",
            "慰问对象类别",
            "人员类别",
            "困难类别",
            "困难类型",
            "人员类型",
            "对象类型",
            "慰问类别",
            "慰问对象类型",
        ),
        "活动方案中的类别代码或名称",
    ),
    Column(
        "group", "人员身份", ("身份", "身份类别", "群体"), "困难职工、农民工、劳模、农民、城镇居民、失业人员"
    ),
    Column(
        "employer",
        "工作单位",
        ("单位", "所在单位", "现工作单位", "工作单位名称", "用人单位", "用人单位名称", "所在企业"),
        "用人单位全称，不是车间或部门",
    ),
    Column("shop", "车间或部门", ("车间", "部门", "所在部门", "所在车间"), "用人单位内的车间或部门"),
    Column(
        "phone", "联系电话", ("电话", "手机", "手机号", "手机号码", "联系方式"), "11 位手机或带区号的固话"
    ),
    Column("address", "家庭住址", ("住址", "地址", "家庭地址", "现住址"), "现住地址", False, 28),
    Column("household", "户号", ("户口簿号", "户籍编号", "家庭编号"), "户口簿户号，同户填同号"),
    Column("household_size", "家庭人口", ("人口", "家庭人口数", "家庭成员数"), "人数"),
    Column(
        "income_per_head_fen",
        "家庭人均月收入（元）",
        ("家庭人均月收入", "人均月收入", "月人均收入", "人均收入", "家庭月人均收入"),
        "元；可写 元、万元",
    ),
    Column("subsistence", "低保情况", ("低保", "是否低保", "低保户"), "低保、低保边缘、否"),
    Column(
        "cause",
        "致困原因",
        ("困难原因", "主要致困原因", "致困主因", "主要困难原因", "原因"),
        "因病、因灾、家庭变故、双下岗、意外、子女上学、其他",
    ),
    Column(
        "employment",
        "就业状况",
        ("就业情况", "就业状态", "工作状态"),
        "在业、下岗、登记失业、退休（失业、待岗、内退不等于登记失业、下岗）",
    ),
    Column("employed_in_county", "是否在本县就业", ("在本县就业", "本县就业", "在本县务工"), "是、否"),
    Column(
        "model_worker",
        "劳模级别",
        ("劳模", "劳动模范", "劳模等级", "劳模类型", "劳模类别"),
        "全国、省、市；不是劳模则留空",
    ),
    Column("dormitory", "是否住集体宿舍", ("集体宿舍", "住集体宿舍"), "是、否"),
    Column(
        "account",
        "银行卡号",
        (
            "卡号",
            "银行账号",
            "账号",
            "银行卡",
            "开户账号",
            "银行卡账号",
            "银行卡号码",
            "一卡通账号",
            "一卡通卡号",
            "一卡通",
            "社保卡号",
            "社会保障卡号",
            "社保卡账号",
            "社保卡银行账号",
            "收款账号",
            "收款人账号",
            "存折账号",
        ),
        "请设为文本格式；存折等其他账号照填",
        False,
        22,
    ),
    Column("account_holder", "户名", _HOLDERS, "不填即为本人"),
    Column("bank_name", "开户行", _BANKS, "银行网点名称，如 工商银行某县支行"),
    Column(
        "amount_fen",
        "慰问金额（元）",
        (
            "慰问金额",
            "金额",
            "慰问金",
            "发放金额",
            "实发金额",
            "实发合计",
            "实发数",
            "实发额",
            "应发金额",
            "补助金额",
            "救助金额",
            "帮扶金额",
            "帮扶金",
            "帮扶资金",
            "核定金额",
            "审定金额",
            "审批金额",
            "发放数额",
            "拟慰问金额",
            "拟发金额",
            "慰问标准",
            "发放标准",
            "补助标准",
            "标准",
        ),
        "元；可写 500元、0.05万元、1,000.00、伍佰元整；表头可写（万元）",
    ),
    Column(
        "purpose",
        "帮扶用途",
        ("用途", "资金用途", "救助用途", "救助项目", "帮扶项目", "帮扶类型", "救助类型"),
        "生活救助、医疗救助、助学救助、就业帮扶等，按活动方案的用语",
    ),
    Column(
        "visit_mode",
        "走访方式",
        ("走访形式", "慰问方式", "走访慰问方式", "走访类型"),
        "县领导走访、工会领导走访、基层工会走访等，按活动方案的用语",
    ),
    Column("on", "建档日期", ("档案日期", "建档时间", "申报日期"), "2026-01-15 等通用写法"),
    Column("note", "备注", ("说明",), "不得写入身份信息；不导入"),
)

ENTERPRISES = (
    Column("credit_code", "统一社会信用代码", ("信用代码", "社会信用代码", "企业代码"), "18 位", True, 22),
    Column("name", "企业名称", ("单位名称", "名称", "困难企业名称"), "全称", True, 28),
    Column("category", "对象类别", ("类别", "企业类别"), "活动方案中的类别代码或名称"),
    Column("ownership", "企业性质", ("性质", "所有制", "经济性质"), "国有、集体、其他"),
    Column("stopped_months", "停产月数", ("停产时间（月）", "停产时间", "停产"), "月数"),
    Column("closing", "关闭破产", ("是否关闭破产", "关闭或破产"), "关闭、破产，否则留空"),
    Column("staff_count", "职工人数", ("职工数", "在册职工", "人数"), "人数"),
    Column("phone", "联系电话", ("电话", "联系方式"), "联系人电话"),
    Column("address", "地址", ("企业地址", "单位地址"), "注册地址", False, 28),
    Column("account", "对公账号", ("银行账号", "账号", "开户账号"), "请设为文本格式", False, 22),
    Column("account_holder", "户名", ("开户名", "账户名"), "不填即为企业名称", False, 28),
    Column("bank_name", "开户行", _BANKS, "银行网点名称", False, 28),
    Column("amount_fen", "慰问金额（元）", ("慰问金额", "金额", "慰问金", "补助金额"), "元；可写 元、万元"),
    Column("on", "建档日期", ("档案日期", "建档时间", "申报日期"), "2026-01-15 等通用写法"),
    Column("note", "备注", ("说明",), "不得写入身份信息；不导入"),
)

LATER: dict[Recipient, tuple[Column, ...]] = {
    "person": (
        Column(
            "died_on",
            "死亡日期",
            ("死亡时间", "去世日期", "去世时间", "病故日期", "病故时间", "亡故日期"),
            "2026-01-15 等通用写法；健在则留空",
        ),
    ),
    "enterprise": (),
}
"""What a dossier may come to say when it is amended, and no form of a roster asks."""

IN_WORDS = Column(
    "amount_words", "金额大写", ("大写金额", "大写", "人民币大写"), "与金额（小写）核对；没有小写栏时采用大写"
)
"""The sum in numerals beside that in figures."""

AMOUNT_UNIT = Column("amount_unit", "金额单位", (), "元、万元等；逐行写明的单位")
"""The unit of money of each line, where a column gives it."""

ALSO_READ: dict[Recipient, tuple[Column, ...]] = {
    "person": (
        *LATER["person"],
        IN_WORDS,
        AMOUNT_UNIT,
        Column(
            "document",
            "证件类型",
            ("证件种类", "身份证件类型", "身份证件种类", "证件名称", "证件类别"),
            "居民身份证、港澳台居民居住证、外国人永久居留身份证、护照、往来内地（大陆）通行证、其他",
        ),
    ),
    "enterprise": (IN_WORDS, AMOUNT_UNIT),
}
"""What no form of a roster asks and is understood where it stands in one."""

FORMS: dict[Recipient, tuple[Column, ...]] = {"person": PERSONS, "enterprise": ENTERPRISES}
ANNEX: dict[Recipient, str] = {"enterprise": "1", "person": "2"}
