"""Which command records which event (事件与命令对照): every event has one, or the ledger signs it itself.

A command that is a declaration (:mod:`api.cli.acts`) says its event; of the others it is said here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from importlib import import_module

from api.cli.act_commands import ACT_COMMANDS
from ledger.domain.event import Event

RECORDED_BY: Mapping[str, tuple[str, ...]] = {
    "AccountStatementRecorded.v1": ("bank statement",),
    "AccountStatementTakenBack.v1": ("bank take-back",),
    "AskerAdmitted.v1": ("evaluator admit",),
    "BankLineMatched.v1": ("bank answer",),
    "CallBackRecorded.v1": ("callback record",),
    "CampaignClosed.v1": ("campaign close",),
    "CampaignOpened.v1": ("campaign open",),
    "ClockAccepted.v1": ("clock accept",),
    "CollectiveHelpApproved.v1": ("collective approve",),
    "CollectiveHelpGiven.v1": ("collective give",),
    "CollectiveHelpReturned.v1": ("collective take-back",),
    "ConsentRecorded.v1": ("household consent",),
    "ConsentWithdrawn.v1": ("household withdraw-consent",),
    "DayReconciled.v1": ("bank close",),
    "DossierDiscussed.v1": ("household discuss",),
    "DossierEnded.v1": ("household end",),
    "DossierErased.v1": ("identity erase",),
    "DossierFiled.v1": ("import",),
    "DossierReviewed.v1": ("household review",),
    "DossierSealed.v1": ("identity seal",),
    "DrawOrdered.v1": ("callback order",),
    "EarlierPayoutsListed.v1": ("import",),
    "EvaluatorAccepted.v1": ("federation accept",),
    "EvaluatorKeyed.v1": ("evaluator key",),
    "ExclusionsSet.v1": ("officer exclusions", "upgrade rules"),
    "FundAllocated.v1": ("fund allocate",),
    "FundReturned.v1": ("fund return",),
    "FundTransferred.v1": ("fund transfer",),
    "FundsCarriedOver.v1": ("fund carry-over",),
    "HouseholdDeclared.v1": ("household declare",),
    "HouseholdVisited.v1": ("household visit",),
    "IdentityRevealed.v1": ("identity show", "bank pay", "export bundle"),
    "KeyRevoked.v1": ("key revoke",),
    "KeyRotated.v1": ("key rotate",),
    "LedgerFollowed.v1": ("federation add",),
    "LedgerFounded.v2": ("init",),
    "LedgerKeyRotated.v1": ("key rotate-ledger",),
    "LinkageStarted.v1": ("link",),
    "MatchAnswerFiled.v1": ("federation answer",),
    "MatterHandedOver.v1": ("handover record",),
    "MemberErased.v1": ("household erase",),
    "MemberLeft.v1": ("household leave",),
    "MemberRecorded.v1": ("household member",),
    "MemberRevealed.v1": ("household reveal",),
    "Nominated.v1": ("import",),
    "OfficerEnrolled.v1": ("officer enrol",),
    "OfficerIdentified.v1": ("officer identify",),
    "OutflowExplained.v1": ("bank explain",),
    "OutsideCaseRecorded.v1": ("outside-case record",),
    "PaymentFileMade.v1": ("bank pay",),
    "PersonsLinked.v1": ("link",),
    "PlacedOnFile.v1": ("household place",),
    "PolicyAmended.v1": ("campaign amend",),
    "QuotaGranted.v1": ("evaluator grant",),
    "WorkingPaperReviewed.v1": ("sample review",),
    "RectificationOrdered.v1": ("rectification order",),
    "RectificationStruckOff.v1": ("rectification strike-off",),
    "ReferenceErased.v1": ("register erase",),
    "ReferenceListed.v1": ("register load",),
    "ReferenceRevealed.v1": ("register show",),
    "ReferenceRowRevealed.v1": ("register show",),
    "ReferenceWithdrawn.v1": ("register withdraw",),
    "RolesChanged.v1": ("officer roles",),
    "RulesAdopted.v1": ("upgrade rules",),
    "SetBackAccepted.v1": ("set-back accept",),
    "SlipsIssued.v1": ("slips",),
    "StepTaken.v1": ("step take",),
    "UnitRegistered.v1": ("unit register",),
    "UpperEnrolled.v1": ("federation enrol",),
    "UpperRevoked.v1": ("federation revoke",),
    "VerificationDecided.v1": ("flag decide",),
}
"""Of the commands that are written out, by the event's topic."""

OF_THE_LEDGER: Mapping[str, tuple[str, str]] = {
    "AccessLogSealed.v1": ("台账自行签署：封存查阅日志", "signed by the ledger as it seals its access log"),
    "BatchEvaluated.v1": ("台账自行签署：为受评台账作评估", "signed by the ledger as it evaluates a batch"),
    "CheckpointSeen.v1": ("台账自行签署：核对下级台账", "signed by the ledger as it follows one below"),
    "ComparisonRun.v1": ("台账自行签署：比对下级台账", "signed by the ledger as it compares those below"),
    "DayPassed.v1": ("台账自行签署：一日终了", "signed by the ledger as a day ends"),
    "DossierMarked.v1": ("台账自行签署：为档案作联合标记", "signed by the ledger as it marks a dossier"),
    "FilingsCompared.v1": (
        "台账自行签署：按方案要求在申报时比对",
        "signed by the ledger as it compares whom it is handed, where a policy says so",
    ),
    "LedgerFounded.v1": ("旧版，仅见于旧台账", "an older version, in old ledgers alone"),
    "ReferenceMarked.v1": ("台账自行签署：为名单作联合标记", "signed by the ledger as it marks a list"),
    "MatchAnswered.v1": ("台账自行签署：核对下级台账", "signed by the ledger as it follows one below"),
    "MatchFound.v1": ("台账自行签署：比对下级台账", "signed by the ledger as it compares those below"),
    "MirrorFault.v1": ("台账自行签署：核对下级台账", "signed by the ledger as it follows one below"),
    "ObjectionReceived.v1": ("台账自行签署：群众在公示页提出", "signed by the ledger as the public objects"),
    "RecipientSpoke.v1": (
        "台账自行签署：受助人凭条反馈",
        "signed by the ledger as a recipient answers a slip",
    ),
    "SummaryFiled.v1": ("旧版，仅见于旧台账", "an older version, in old ledgers alone"),
    "SummaryTaken.v1": ("台账自行签署：核对下级台账", "signed by the ledger as it follows one below"),
}
"""Events that no officer signs any more, each with who does."""


def commands_of_events() -> dict[str, list[str]]:
    """The commands that record each event, by its topic."""
    found: dict[str, list[str]] = defaultdict(list)
    for topic, names in RECORDED_BY.items():
        found[topic] += names
    for name, topic in _declared():
        found[topic].append(name)
    return dict(found)


def event_table() -> Iterator[str]:
    """The lines of a Markdown table: each event with its commands, or with who signs it."""
    commands = commands_of_events()
    yield "| 事件 event | 类型 type | 命令 command |"
    yield "|---|---|---|"
    for topic, kind in sorted(Event.types.items()):
        if topic in commands:
            said = "、".join(f"`songnuan {name}`" for name in commands[topic])
        else:
            said = " · ".join(OF_THE_LEDGER[topic])
        yield f"| {kind.TITLE_ZH} {kind.TITLE_EN} | `{topic}` | {said} |"


def _declared() -> Iterator[tuple[str, str]]:
    """Each command that is a declaration, with its event's topic."""
    for name, declared in ACT_COMMANDS.items():
        module, _, function = declared.function.partition(":")
        act = getattr(getattr(import_module(module), function), "act", None)
        if act is not None:
            yield name, act.event.topic()
