"""The versions of the rules (规则版本): stricter ones bind from where the ledger takes them up, never backwards.

A ledger takes up a version by an event, its founding or :class:`ledger.events.rules.RulesAdopted`. What was
recorded before was judged by the rules of its time and stays so. A decision that differs asks
``state.rules``.
"""

from __future__ import annotations

from typing import NamedTuple

NEWEST = 9
"""The newest version that this release knows, with which new ledgers are founded."""


class Change(NamedTuple):
    """One thing that a version changes, in Chinese and English."""

    zh: str
    en: str


CHANGES: dict[int, tuple[Change, ...]] = {
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
            "更换账本密钥同样须两人",
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
            "账本任何时候都须有可用的全范围授权管理员：最后一名的密钥、岗位不得注销、收回，也不得以外泄为由连带注销",
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
    6: (
        Change(
            "对象已撤销、暂停，已发金额超过重新审批的金额，发放、审批由已外泄的密钥签署，或银行已回盘付款成功的（其后另有回盘的亦同），"
            "不得列入代发文件；文件各行须写明对象和档案；重新送交须两人签署",
            "no payment file holds a payout whose case is revoked or suspended or was approved anew for less than was"
            " paid, whose payout or approval a stolen key signed, or that the bank once said it paid; each of its lines"
            " names case and dossier, and sending again what was in a file takes two persons",
        ),
        Change(
            "补录已暂停或档案版本不符的对象的发放，须两人签署",
            "a payout after the fact takes two persons on a case that is suspended, or of another version of the dossier",
        ),
        Change(
            "退回资金项目的资金只能由财务登记",
            "what comes back of a payout to a line is recorded by finance alone",
        ),
        Change(
            "对账单：同一文件只登记一次，一份至多 366 天；资金项目改用另一账户须两人签署；起止日期内经手过发放的人不得独自登记，"
            "当日没有交易的亦同；资金往来须确有其事、只对应一笔，不得与发放列在同一笔",
            "statements of account: a file is recorded once and covers 366 days at most; another account for a line takes"
            " two persons; who paid on a day that it covers, with an entry or without, does not record it alone; what"
            " moved money is on record, of that sum, stands for one entry, and not for one that names payouts too",
        ),
        Change(
            "撤回比对名单须两人签署；三年内在名单所涉单位担任过业务岗位的，不得替换、撤回该名单",
            "withdrawing a list from outside takes two persons; who held a business role where it counts within three"
            " years neither replaces nor withdraws it",
        ),
        Change(
            "三年内在某单位担任过业务岗位的，不得对其档案发起人员比对、签署结果",
            "who held a business role in a unit within three years neither starts a linkage over its dossiers nor signs"
            " what it found",
        ),
    ),
    7: (
        Change(
            "单位缴回的未发款由财务登记；发放、领取过该笔资金的，不得独自登记其退回、缴回，集体慰问同样",
            "finance records that drawn money came back to the line; who paid or drew money does not say alone that it came"
            " back, nor who handed over help to a site",
        ),
        Change(
            "银行回单只对应银行发放；金额与该笔发放不符的，不得登记为付款成功或退票",
            "a line of the bank is about a payout by bank; where its sum is another, the bank neither paid nor returned it",
        ),
        Change(
            "对账单、日终对账：当日登记的发放、领款、集体慰问的经手人，不论其业务日期，均不得独自办理；对账单所列资金往来的签署人亦同",
            "who recorded a payout, a drawing or help to a site on a day, whatever date it names, neither records the"
            " statement of that day nor closes it alone; nor who signed a move that the statement shows",
        ),
        Change(
            "有未处理或成立的异议的对象，所涉单位不得自行撤销、退回；审批须两名审批人签署",
            "the unit concerned does not take back or send back a case to which an objection is open or was upheld, and to"
            " approve one takes two",
        ),
        Change(
            "登记为受助人家庭成员的，不得确认、审批、发放，不得办理其步骤、异议",
            "who is on record as of the recipient's household neither confirms, approves or pays, nor takes a step of the"
            " case, nor settles an objection to it",
        ),
        Change(
            "档案有未办结对象的，不得删除成员身份信息；成员减少后须重新申报家庭情况",
            "a member's identity is not erased while a case on the dossier is not finished; after a member left, the family"
            " declares anew",
        ),
        Change(
            "集体慰问：被取消资格的单位不得办理，现场至少 2 人，按人数不超过每人限额，须合于办理程序的层级和签署人数，"
            "两人签署按单位累计、按发放累计",
            "help to sites: none of a unit that is not eligible, two work there at least, no more by heads than one"
            " recipient may have, at the level and by the signatures of the procedure; the sum for two signatures is that"
            " of all sites of the unit, and of all that one was given",
        ),
        Change(
            "整改销号由对责任单位负监督责任、未经手所涉事项的人员办理，按人而非人员代码回避；核查事项所涉人员不得据以下达整改、移送、"
            "登记外部机关立案",
            "an item is struck off by who oversees the unit answerable, had no part in what gave rise to it, and is of"
            " it under no code; who a discipline case is about orders, hands over and records nothing on it",
        ),
        Change(
            "属于受助单位的人员不得回访；受助人此前答复未收到、少收到或已退回的，登记不同的答复须两人签署",
            "who belongs to the unit does not call back; where a recipient denied a payout, to record another answer takes"
            " two",
        ),
        Change(
            "单位的审批人、财务由其上级单位的授权管理员授予或共同签署（有此授权管理员的）",
            "who approves or pays in a unit is appointed by a registrar over the unit above, or with one, wherever there is"
            " such a one",
        ),
        Change(
            "业务日期不得晚于登记当日（北京时间）",
            "no date is later than the day of the recording in China",
        ),
        Change(
            "代发文件所替换的批次须已登记",
            "the batch that a payment file takes the place of is on record",
        ),
    ),
    8: (
        Change(
            "改过档案情况、登记过家庭情况申报的人员，不得办理建档在册",
            "who changed a dossier's facts, or took down what the family declared, does not place it on file",
        ),
        Change(
            "申报之后登记的家庭成员，在对象办结前同样须回避",
            "who is recorded as of the household after the nomination keeps out of the case, too, until it is finished",
        ),
        Change(
            "审批撤销后重新审批，金额、价值增加或者形式增加的，此前已办理的步骤须重新办理",
            "steps that an approval rested on are taken again before the case is approved anew for more, in sum, value or"
            " form",
        ),
        Change(
            "专款专用的资金，只能结转至将该来源同样列为专款专用的活动",
            "earmarked money is carried over only into a campaign whose policy earmarks that source as well",
        ),
        Change(
            "在任一活动中经办过某人对象的，不得核查该人的疑点",
            "who had a part in a person's case in any campaign reviews no flag on that person",
        ),
        Change(
            "单位的审批人、财务，还须由其可参与的各项未结束活动的主办单位的授权管理员授予或共同签署（有此授权管理员的"
            "）",
            "who approves or pays in a unit is appointed by a registrar over the sponsor of each open campaign "
            "that reaches it, or with one",
        ),
        Change(
            "注销密钥、变更角色后，须仍有全局授权管理员持有现在起可不间断签署的密钥；密钥外泄的起始时间不得晚于登记时",
            "a registrar over everything is left with keys that sign from now on without a gap; no key is said to "
            "be stolen from a moment to come",
        ),
        Change(
            "登记当日对账单的人员，当日不得再独自动用所涉资金项目的资金；已办理日终对账的人员，当日不得再发放、领款，"
            "不论业务日期",
            "who recorded the statement of a day that is not over, or closed it, does not alone move the lines' "
            "money on it, whatever date they give",
        ),
        Change(
            "账户的对账单不得漏列此前列过的资金项目；是否由支付人登记，按可能由该账户支付的全部资金项目核对",
            "a statement leaves out no line that an earlier one of the account named, and who paid is asked over "
            "all lines that may be paid from it",
        ),
        Change(
            "对账单中的支出，可按发放扣除已退回部分后的金额核对",
            "a debit of a statement may be of what stands of its payouts",
        ),
        Change(
            "比对名单、往年发放名单的保存期不得早于登记日，最长 30 年；已撤回或删除的名单，其文件可重新登记；往年"
            "发放按单位查重",
            "a list is kept until its recording at least and for 30 years at most; the file of one that was "
            "withdrawn or erased may be listed anew, and earlier payouts are told apart by unit",
        ),
        Change(
            "款物退回可由两人共同签署，即使均曾经手；物资由送达人一人登记退回的，不予受理",
            "two sign that money or goods came back, even where both paid or drew; who delivered goods does not "
            "say so alone",
        ),
        Change(
            "对该对象的异议尚未处理或已经成立的，所涉单位的人员（含在该单位任职者）不得自行审批、撤销或退回；同一人对"
            "同一对象的异议处理前不得重复提出",
            "where an objection is open or was upheld, who is of the unit concerned, or at work there, approves "
            "or ends the case only with somebody from above; one person has one open objection to a case",
        ),
        Change(
            "最上级单位负责的整改事项，由两名未经手人员共同签署销号",
            "what the topmost unit answers for is struck off by two who had no part in it",
        ),
        Change(
            "方案经被盗密钥放宽的，不得生成代发文件",
            "no payment file is made while a stolen key is behind what loosened the policy",
        ),
        Change(
            "现任职务与卸任职务同样回避：在所涉范围内任经办、确认、审批、财务的，不得核查、处理异议、撤回名单、回访",
            "who holds a business role within what is at stake keeps out as who held one does: of flags, cases, "
            "objections, lists and call-backs",
        ),
        Change(
            "一户登记的家庭成员至多 29 人",
            "a household has at most 29 members on record",
        ),
        Change(
            "用语或类别名称改指其他代码的，属放宽方案，须两名审批人签署",
            "a word or a category's name that comes to mean another code loosens the policy, and takes two "
            "approvers",
        ),
    ),
    9: (
        Change(
            "审批后异议成立的对象，在撤销审批并重新审批之前不得发放、送交银行；补录其发放须两人签署",
            "where an objection is upheld after the approval, nothing is paid or sent to the bank until the case is approved"
            " anew; a payout after the fact takes two persons",
        ),
        Change(
            "异议均已处理的，所涉单位可以退回、撤销该对象；已成立的异议随此人转入其在本活动中的重新申报",
            "where no objection is open, the unit concerned may send back or take back the case; what was upheld goes with"
            " the person to the next nomination in the campaign",
        ),
        Change(
            "申报已撤销或退回、而已发款物尚未全部退回的，重新申报后须两名审批人签署",
            "who kept something of a nomination that is over is approved anew by two",
        ),
        Change(
            "授予或收回审计、纪检，须两名授权管理员签署；单位的审计、纪检同样由其上级单位的授权管理员授予或共同签署",
            "giving or taking the role of auditor or inspector takes two registrars, and who oversees a unit is appointed by"
            " a registrar over the unit above, or with one",
        ),
        Change(
            "自本版起启动的活动，下级单位的审批人、财务须由主办单位的授权管理员授予或共同签署（有此授权管理员的），"
            "不论授予在启动之前或之后",
            "in campaigns opened from now on, who approves or pays below the sponsor was appointed by a registrar over the"
            " sponsor, or with one, be it before the opening or after it",
        ),
        Change(
            "结余资金缴回须两人签署（会计或财务，与另一名财务、会计或出纳），经手当日计入日终对账、对账单的回避",
            "money goes back to its source by an accountant and another of the finance office, who have moved the line's"
            " money on that day",
        ),
        Change(
            "账外支出由审计说明，或由两名会计、财务共同说明",
            "what left an account unexplained is explained by an auditor, or by two accountants",
        ),
        Change(
            "在由外泄密钥放宽方案期间审批的集体慰问，不得据以支出",
            "nothing is paid for a site that was approved while a stolen key had loosened the policy",
        ),
        Change(
            "经手过某笔发放的人员，不得独自补发其凭条",
            "who had a part in a payout does not alone issue another slip for it",
        ),
        Change(
            "仅在所涉单位及其下级担任审计、纪检的，不论登记在何单位，不得办理该单位的整改销号、回访",
            "who oversees no unit above the one concerned neither strikes off what it answers for nor calls back its"
            " recipients, wherever they are enrolled",
        ),
        Change(
            "删除未经撤回的比对名单，须两名授权管理员签署",
            "erasing a list that nobody withdrew takes two registrars",
        ),
        Change(
            "同一单位、同一年度再行补录笔数、金额均相同的往年发放名单，须两人签署",
            "bringing in another file of earlier payouts of one unit and year, with as many rows and the same sum, takes two"
            " persons",
        ),
        Change(
            "对已关注的下级账本改换密钥、从头关注、不再读取记录，或了结其分叉等异常，须两名授权管理员签署",
            "following a ledger by another key, from its beginning or without its entries, or ending a fault of it that does"
            " not pass by itself, takes two registrars",
        ),
    ),
}
"""What each version changes against the one before."""
