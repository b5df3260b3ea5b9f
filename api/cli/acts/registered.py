"""Dossiers and officers (档案与人员): facts brought up to date, relatives declared."""

from __future__ import annotations

from api.cli.acts.cases import REASON
from api.cli.acts.command import command
from api.cli.acts.declaration import Act, Option
from api.cli.acts.money import OF_UNIT
from ledger.events.dossier import DossierAmended
from ledger.events.registry import KinDeclared

amend = command(
    Act(
        DossierAmended,
        options=(
            OF_UNIT,
            Option("dossier", "档案编号", "the dossier's id", required=True),
            Option(
                "facts",
                "致困情况（JSON 文件，全部写出）",
                "its facts, all of them, as JSON",
                "json",
                required=True,
            ),
            REASON,
        ),
        body=lambda context, row, given: dict(given),
        identity=True,
    )
)
kin = command(
    Act(
        KinDeclared,
        options=(
            Option("officer", "工作人员", "the officer", required=True),
            Option(
                "relation",
                "亲属关系",
                "the relation",
                required=True,
                choices={
                    "spouse": ("配偶", "spouse"),
                    "parent": ("父母", "parent"),
                    "child": ("子女", "child"),
                    "sibling": ("兄弟姐妹", "sibling"),
                    "other": ("其他", "other"),
                },
            ),
        ),
        body=lambda context, row, given: dict(given),
        identity=True,
    )
)
