"""What the second to the fifth version of the rules changed (规则第二至第五版的变化), for :mod:`ledger.domain.rules_version`."""

from __future__ import annotations

from typing import NamedTuple


class Change(NamedTuple):
    """One thing that a version changes, in Chinese and English."""

    zh: str
    en: str


EARLIER_CHANGES: dict[int, tuple[Change, ...]] = {
    2: (
        Change(
            "一份签署件所涉及的一切（单位、活动、档案、对象、发放、疑点、核查事项、人员、密钥）都须在签署人的权限范围内",
            "an act's scope is that of everything it names: unit, campaign, dossier, case, payout, flag,"
            " discipline case, officer, key",
        ),
        Change(
            "授权管理员只办理本范围内的授权，不得触及在范围外另有岗位的人员",
            "a registrar acts only on grants within the own scope, and on no officer who holds others",
        ),
        Change(
            "授予或收回授权管理员、上级单位审批人和财务，以及为他人更换密钥，须两名授权管理员签署（仅有一名时除外）",
            "giving or taking a registrar's role, approving or paying at a high level, and rotating another's key"
            " take two registrars, as soon as the ledger has two",
        ),
        Change(
            "不相容岗位：授权管理员与业务岗位、审计或纪检与同一范围的业务岗位、审批人与财务",
            "roles that exclude each other: registrar and business, auditor or inspector and business in one"
            " scope, approver and finance",
        ),
        Change(
            "登记、更换密钥须附持有证明：新密钥本人签署",
            "a key is enrolled or replaced with a proof of possession: the new key signs too",
        ),
        Change(
            "密钥因外泄注销时，自外泄之时起由它登记、更换的密钥一并失效",
            "revoking a key as compromised ends every key that it enrolled or replaced since that moment",
        ),
        Change(
            "放宽方案（限额、期限、类别、排除人群等）须两名审批人签署",
            "amending a policy so that a limit, a period, a category or an exclusion becomes looser takes two"
            " approvers",
        ),
        Change(
            "群众提交的异议由所涉单位的上级登记和处理",
            "what the public objects to is taken down and answered by somebody above the unit that it concerns",
        ),
        Change(
            "按人而非人员代码判断岗位分离；未登记身份信息的人员不得担任岗位",
            "persons count and not officers' codes; who has no identity committed to is given no role",
        ),
        Change(
            "补录只记录过去：补录的审批不能据以发放；补录同样须岗位分离，超过限额同样须两人签署",
            "what is recorded after the fact permits nothing: such an approval lets no new payout through, and"
            " duties are separated and large sums signed by two there as well",
        ),
        Change(
            "批什么、发什么：审批后姓名、账户有变更的，由变更人以外的人员重新确认之前不得发放；审批、发放须写明所依据的档案版本，未写明的即为建档时的版本",
            "what was approved is what is paid: after a change of name or account, somebody else than who made it"
            " confirms the case again before it is paid; an approval and a payout name the version of the dossier, or"
            " are of the dossier as filed",
        ),
        Change(
            "业务日期早于登记日两个月以上的只能补录；保存期限自业务日期与登记日中较晚者起算",
            "a date more than two months before the recording is only for what is recorded after the fact;"
            " retention starts at the later of date and recording",
        ),
        Change(
            "档案上有未办结、已批未付的对象时，不得删除身份信息；已删除身份信息的档案不得再发放",
            "an identity is not erased while a case on it is open, approved or unpaid; nothing is paid on an erased"
            " dossier",
        ),
        Change(
            "银行发放的退回由申报人以外的财务登记；经手发放的人不得独自日终对账，独自对账的人不得再经手该日的发放；"
            "未到之日不得对账",
            "returns of bank payouts are recorded by finance, not by who nominated; who paid does not close the day"
            " alone, who closed it alone pays nothing more on it, and no day is closed before it comes",
        ),
    ),
    3: (
        Change(
            "活动只及于主办单位及其下级：其他单位不得申报、确认、公示、审批、领取、发放、报送名单",
            "a campaign reaches its sponsor and the units below: no other nominates, confirms, posts, approves, draws,"
            " pays or files in it",
        ),
        Change(
            "须两名授权管理员之事，凡另有授权管理员即须两人，其范围较小的也可共同签署；密钥被他人注销的授权管理员 30 日内仍计入；"
            "更换台账密钥同样须两人",
            "what takes two registrars takes two wherever there is another one, who may be one over less; one whose key"
            " another ended counts on for 30 days; rotating the ledger's own key takes two as well",
        ),
        Change(
            "授权管理员不得为本人增加岗位，也不得兼任审计或纪检",
            "a registrar gives themselves no role, and is neither auditor nor inspector",
        ),
        Change(
            "密钥因外泄注销时，自外泄之时起由它授予的岗位一并收回，由它审批的对象不得据以发放",
            "revoking a key as compromised takes back every role that it gave since that moment, and nothing is paid on"
            " an approval that it signed since",
        ),
        Change(
            "确认人与审批人分离；经手人、在该活动中担任过该处业务岗位的人员不得核查其疑点；所涉单位的人员和经手人不得处理对它的异议",
            "who confirmed does not approve; nobody reviews a flag on their own doing, or of a campaign"
            " where they held a business role in it; neither an officer of the unit"
            " concerned nor who had a part in the case settles an objection",
        ),
        Change(
            "群众提交的异议照原文登记，附收件时的封存信息",
            "what the public wrote is taken down in its own words, with the opening of what was committed to",
        ),
        Change(
            "补录的申报、领取只记录过去：其后各步也只能补录；没有审批对象的补录发放一律两人签署",
            "a nomination or a drawing after the fact records the past, and so does what follows on it; a payout after"
            " the fact without a case takes two persons",
        ),
        Change(
            "审批实物须写明价值，送达不得超过；两人签署的限额也适用于实物",
            "an approval of goods names their value and bounds what is delivered; the limit for two signatures holds"
            " for goods too",
        ),
        Change(
            "档案上有未办结、已批未付的对象时，不得封存；已封存的档案不得再发放",
            "an identity is not sealed while a case on it is open, approved or unpaid; nothing is paid on a sealed"
            " dossier",
        ),
        Change(
            "提交人、改过收款信息的人员不得确认、审批；曾审批的不得发放；一份身份只算一人：每日查阅上限、授权管理员人数均按人计",
            "who filed or ever changed the payee neither confirms nor approves, who ever approved does not pay; a person"
            " counts once, in the day's limit of identities and among registrars",
        ),
        Change(
            "省、市、县级单位不得登记在更低级别的单位之下",
            "a province, city or county is not registered below a unit of a lower level",
        ),
        Change(
            "方案修订删去类别或资金项目，或以新的阶段放宽日期，视为放宽",
            "an amendment that takes a category or a line away, or opens days by another phase, is a loosening",
        ),
    ),
    4: (
        Change(
            "密钥外泄的，凡由它（或由它授予的授权管理员）授予的岗位、登记的密钥，无论是否已经变更，均不可信：其审批、复核确认不得据以发放",
            "whatever a stolen key is behind falls with it, also roles that were changed since and keys enrolled by"
            " registrars whom it made: nothing is paid on what was approved, or confirmed again, under them",
        ),
        Change(
            "由外泄密钥参与放宽的方案不得据以审批、领取、发放，直至重新修订；由其参与放宽的不相容岗位恢复为严格",
            "by a policy that a stolen key made looser nothing is approved, drawn or paid until it is amended anew;"
            " exclusions that it loosened are the strict ones again",
        ),
        Change(
            "授权管理员的密钥或岗位无论由谁注销、收回，30 日内仍计入须共同签署的授权管理员",
            "a registrar whose key or role ended counts on for 30 days, whoever ended it",
        ),
        Change(
            "核查立项、并案、办结与疑点核查一样，须由未经手的人员办理；受助人本人不得核查、处理、确认、审批、发放自己的对象",
            "a discipline case is opened, extended and closed, as a flag is reviewed, by who had no part in what it is"
            " about; nobody reviews, settles, confirms, approves or pays their own case",
        ),
        Change(
            "审计与纪检在同一范围不相容；因密钥外泄收回的业务岗位同样计入回避；人员、密钥的疑点须由其全部岗位范围的纪检核查",
            "auditor and inspector of one scope exclude each other; a business role that fell with a stolen key counts"
            " as one held; a flag on an officer or key is reviewed from over all that the officer holds",
        ),
        Change(
            "确认人、变更收款信息的人员不得发放；申报人不得登记实物退回；建档人不得处理异议",
            "who confirmed, or changed the payee, does not pay; who nominated records no return of goods; who filed the"
            " dossier settles no objection",
        ),
        Change(
            "两人签署的限额含该对象已发的资金和实物；补录未获批准、退回补正或已撤销的对象的发放须两人签署",
            "the limit for two signatures counts what the case was given already, in money and goods; a payout after the"
            " fact on a case that was rejected or revoked takes two persons",
        ),
        Change(
            "上级单位被取消资格的，其下级单位同样不得申报",
            "a unit below one that is not eligible does not nominate either",
        ),
    ),
    5: (
        Change(
            "补录过某活动事项的、在其中担任过业务岗位的人员，不得抽样核查该活动",
            "who recorded something of a campaign after the fact, or held a business role in it, does not examine a"
            " sample of it",
        ),
        Change(
            "三年内在本范围担任过业务岗位的人员，不得核查按人、户、账户、电话、住址归集的疑点，也不得恢复该单位的补助资格",
            "who held a business role there within three years reviews no flag that is gathered by person, household,"
            " account, phone or address, and lifts no sanction of that unit",
        ),
        Change(
            "由外泄密钥恢复的补助资格、处理的异议不作数；由其启动的活动须两名审批人重新确认方案；在其放宽方案期间的审批，方案改回后同样不得据以发放",
            "a sanction that a stolen key lifted stands again, an objection that one settled is open again; a campaign that"
            " one opened takes two who amend its policy anew; what was approved while one had loosened a policy stays"
            " unpayable when that is set back",
        ),
        Change(
            "台账任何时候都须有可用的全范围授权管理员：最后一名的密钥、岗位不得注销、收回，也不得以外泄为由连带注销",
            "the ledger always has a registrar over everything: the last one's key or role does not end, nor with what a"
            " revocation as compromised takes along",
        ),
        Change(
            "授予或收回任何级别单位的审批人、财务，均须两名授权管理员签署",
            "giving or taking the role of approver or finance takes two registrars at any level",
        ),
        Change(
            "办结同样须未在该处任职；受助人在申报撤销之后同样须回避；人员、密钥的疑点须由覆盖全部活动的纪检核查；建立或变更过档案的人不得签署其比对结果",
            "a case is closed, too, by who was not at work there; who was helped keeps out also once the nomination is"
            " revoked; a flag on an officer or key is reviewed from over all campaigns that a role is held in; who filed or"
            " changed a dossier does not sign what linkage found of it",
        ),
        Change(
            "改过收款信息的人员确认或审批过的对象不得发放；没有审批对象的补录发放不得发给签署人本人；补录未经审批或超过审批额的发放须两人签署",
            "nothing is paid on a case that who changed the payee confirmed or approved; nobody records the own payout"
            " without a case; a payout after the fact that was not approved, or is above it, takes two persons",
        ),
        Change(
            "银行的一笔回单只对应一笔发放：已用于另一笔发放的，不得再用",
            "a line of the bank is about one payout: what was matched to one is matched to no other",
        ),
        Change(
            "已登记对账单的，日终对账须与对账单一致：银行金额以对账单当日支出为准，不得另填",
            "where a statement of the account was recorded, a day closes by what it debits on that day, and by no"
            " typed sum",
        ),
    ),
}
