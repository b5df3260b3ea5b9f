"""The versions of the rules (规则版本): stricter ones bind from where the ledger takes them up, never backwards.

A ledger takes up a version by an event, its founding or :class:`ledger.events.rules.RulesAdopted`. What was
recorded before was judged by the rules of its time and stays so. A decision that differs asks
``state.rules``.
"""

from __future__ import annotations

from ledger.domain.earlier_rules import EARLIER_CHANGES, Change

NEWEST = 11
"""The newest version that this release knows, with which new ledgers are founded."""

CHANGES: dict[int, tuple[Change, ...]] = {
    **EARLIER_CHANGES,
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
            "对已关注的下级台账改换密钥、从头关注、不再读取记录，或了结其分叉等异常，须两名授权管理员签署",
            "following a ledger by another key, from its beginning or without its entries, or ending a fault of it that does"
            " not pass by itself, takes two registrars",
        ),
    ),
    10: (
        Change(
            "抽样核查、回访先登记抽取，种子由登记时刻得出，任何人不得自选；此前的抽取未登记核查或回访的，同一人不得再行抽取",
            "a sample or a call-back is ordered before it is drawn, and its seed comes of the moment of recording, so that"
            " nobody chooses it; who has not recorded what came of one orders no other",
        ),
        Change(
            "所涉单位自己的纪检不得独自排除金额超过两人签署限额或金额不明的疑点、认定异议不成立、以不属实办结："
            "由上级单位的纪检办理，或两人签署（另无纪检的除外）",
            "a unit's own inspector does not alone dismiss a flag of money above the limit for two signatures, or of an"
            " unknown sum, refute an objection or close a case as unsubstantiated: one from above does, or two sign,"
            " unless there is no other inspector",
        ),
        Change(
            "单位所领现金发放后退回单位的，须由财务登记或共同签署，经手发放的人员不得独自登记",
            "that drawn cash which was handed out came back to the unit is recorded by somebody of finance, or with one, and"
            " not by who paid it alone",
        ),
        Change(
            "申报时须有核对授权、此后授权撤回的，在重新登记授权之前不得发放；补录其发放须两人签署",
            "where a nomination took the family's consent and that is withdrawn since, nothing is paid until another is"
            " recorded; a payout after the fact takes two persons",
        ),
        Change(
            "资金项目之间调剂资金须两人签署，其中至少一人为会计或财务",
            "money is moved between lines by two, one of them an accountant or finance",
        ),
    ),
    11: (
        Change(
            "申报已撤销或退回的，尚未处理的异议随此人转入其重新申报；此后异议处理的结果、款物的退回和补录的发放，"
            "一并计入重新申报",
            "where a nomination is over, what is still said against it goes with the person to the next one, and so does what"
            " happens later: how an objection is settled, what comes back, what is recorded late",
        ),
        Change(
            "所涉单位自己的纪检，即使两人签署，也不得自行排除大额疑点、认定不属实；其上级单位有纪检的，须由上级办理或共同"
            "签署。办结核查事项（不论结论，含未列疑点的）、恢复补助资格，同样",
            "two inspectors of the unit concerned do not by themselves dismiss what is large, or say that it is"
            " unsubstantiated: somebody from above does or signs too, wherever there is one; so it is with closing a"
            " discipline case, however it ends and whether or not flags gave rise to it, and with lifting a sanction",
        ),
        Change(
            "人员比对中的“本次未再发现”、比中核查回复（正在核查的除外）涉及下级单位档案的，须由上级单位的纪检、审计办理或"
            "共同签署；比中核查回复不得由档案本人、经办人或在该单位任过业务岗位的人员办理",
            "that a pair is not found any more, and what a county answers to a match unless it still inquires, is signed by"
            " somebody who oversees a unit above the dossier's; nobody answers whose dossier it is, who made it what it is, or"
            " who was at work in the unit",
        ),
        Change(
            "抽中的回访全部登记后，方可再行抽取，或由两人共同登记新的抽取；抽取之后登记的发放，不得列入该次回访；同一抽取"
            "再次登记核查须两人签署",
            "call-backs are ordered again once all that was drawn is recorded, or by two persons; none is of a payout that"
            " was recorded after the draw; examining one draw again takes two",
        ),
        Change(
            "所送物资退回的，须由财务登记，或由两人签署",
            "that goods came back is recorded by somebody of finance, or by two",
        ),
        Change(
            "申报后撤回核对授权的，已登记的发放不得送交银行",
            "a payout to a family that withdrew its consent since the nomination is not sent to the bank",
        ),
    ),
}
"""What each version changes against the one before."""
