"""``songnuan link``: looks for one person under two identities, by an inspector or auditor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import psycopg
import typer

from api.cli.answers import AsCsv, AsJson, Column, Shape, XlsxFile, answer
from api.cli.language import say, titled
from api.cli.opening import KeyFile, opened, signer
from api.cli.output import errors
from api.cli.passphrases import PassphraseFile
from api.cli.recording import record_shown
from ledger.errors import Refused
from ledger.events.linkage import PAIRS_IN_A_STATEMENT, LinkageStarted, LinkedPair, PersonsLinked
from ledger.identity.documents import PersonIdentity
from ledger.identity.vault import Sealed, Vault

if TYPE_CHECKING:
    from projections.linkage.pairs import Known, Pair

KIND_TITLES: dict[str, tuple[str, str]] = {
    "one-person": ("疑似同一人", "one person"),
    "one-edit": ("号码近似", "numbers one edit apart"),
    "two-names": ("一号两名", "one number, two names"),
    "review": ("待核", "for review"),
}

PAIRS = [
    Column("weight", ("权重", "weight"), right=True),
    Column("first", ("档案甲", "first dossier")),
    Column("second", ("档案乙", "second dossier")),
    Column("name", ("姓名", "name"), right=True),
    Column("number", ("证件号", "number"), right=True),
    Column("phone", ("电话", "phone"), right=True),
    Column("account", ("账户", "account"), right=True),
    Column("home", ("住处", "home"), right=True),
    Column("kind", ("判断", "taken for"), said=lambda kind: titled(KIND_TITLES[kind])),
]


def link(
    purpose: Annotated[str, typer.Option(help=say("目的", "the purpose"))],
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
    unit: Annotated[
        str | None, typer.Option(help=say("以哪个单位的授权", "the unit for which you hold the role"))
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    xlsx: XlsxFile = None,
) -> None:
    """Signs the run, reads the identities, finds the pairs, and records them."""
    # DuckDB and Splink are only for this command: loading them would slow all others.
    from projections.linkage.model import MODEL
    from projections.linkage.pairs import find_pairs

    shape = Shape(as_json, as_csv, xlsx)
    with opened() as store, store.writer() as writer, store.connect() as connection:
        officer = signer(store, key, passphrase_file)
        run = writer.record(officer.sign(LinkageStarted(unit=unit, purpose=purpose, model=MODEL)))
        record_shown(store, unit=unit, rows=_count(connection, unit))
        compared = 0

        def counted() -> Iterator[Known]:
            nonlocal compared
            for known in _people(connection, store.vault(), unit):
                compared += 1
                yield known

        with errors.rich.status(say("比对中", "linking")) as status:
            pairs, set_aside = find_pairs(
                counted(), lambda step: status.update(say(f"比对：{step}", f"linking: {step}"))
            )
        parts = [pairs[at : at + PAIRS_IN_A_STATEMENT] for at in range(0, len(pairs), PAIRS_IN_A_STATEMENT)]
        made = [
            officer.statement(
                PersonsLinked(
                    unit=unit,
                    run=run.id,
                    compared=compared,
                    set_aside=set_aside,
                    pairs=[_recorded(pair) for pair in part],
                )
            )
            for part in parts or [[]]
        ]
        for outcome in writer.record_all(officer.sign_together(made, [None] * len(made))):
            if isinstance(outcome, Refused):
                raise outcome
    rows = [
        {
            "weight": round(pair.weight, 1),
            "first": pair.first,
            "second": pair.second,
            **pair.levels,
            "guarded": pair.guarded,
            "one_edit": pair.one_edit,
            "kind": pair.kind,
        }
        for pair in pairs
    ]
    kinds = Counter(pair.kind for pair in pairs)
    title = say(
        f"比对 {compared} 份档案：疑似同一人 {kinds['one-person'] + kinds['one-edit']} 对，待核 {kinds['review']} 对，"
        f"一号两名 {kinds['two-names']} 对；另有 {set_aside} 对只是共用信息",
        f"{compared} dossiers compared: {kinds['one-person'] + kinds['one-edit']} pairs may be one person,"
        f" {kinds['review']} are for review, {kinds['two-names']} are of one number under two names;"
        f" {set_aside} only share",
    )
    answer(title, PAIRS, rows, shape)


def _recorded(pair: Pair) -> LinkedPair:
    return LinkedPair(
        first=pair.first,
        second=pair.second,
        weight_milli=max(0, round(pair.weight * 1000)),
        guarded=pair.guarded,
        one_edit=pair.one_edit,
        **pair.levels,
    )


_READ = (
    " FROM (SELECT * FROM ledger.vault x WHERE NOT EXISTS (SELECT FROM ledger.standing m WHERE m.key = 'member/' || x.id)) v"
    " JOIN ledger.standing s ON s.key = 'dossier/' || v.dossier"
    " JOIN ledger.standing u ON u.key = 'unit/' || (s.value ->> 'unit')"
    " WHERE s.value ->> 'recipient' = 'person' AND NOT coalesce((s.value ->> 'sealed')::boolean, false)"
    " AND (%(unit)s::text IS NULL OR u.value ->> 'id' = %(unit)s OR u.value -> 'ancestors' ? %(unit)s)"
)
"""Persons of the unit and all below it; a sealed identity is used no more, an erased one is gone."""


def _count(connection: psycopg.Connection, unit: str | None) -> int:
    """How many persons' identities are about to be read."""
    row = connection.execute(f"SELECT count(DISTINCT v.dossier) {_READ}", {"unit": unit}).fetchone()
    return 0 if row is None else int(row[0])


def _people(connection: psycopg.Connection, vault: Vault, unit: str | None) -> Iterator[Known]:
    """Each person's newest identity, read in parts."""
    from projections.linkage.pairs import Known

    with connection.transaction(), connection.cursor(name="linkage") as cursor:
        cursor.itersize = 2000
        cursor.execute(
            "SELECT DISTINCT ON (v.dossier) v.id, v.dossier, v.key_version, v.wrapped_key, v.box,"
            f" s.value ->> 'unit' {_READ} ORDER BY v.dossier, v.id DESC",
            {"unit": unit},
        )
        for *sealed, unit in cursor:
            identity = vault.open(Sealed(*sealed)).identity
            if isinstance(identity, PersonIdentity):
                yield Known(sealed[1], unit, identity)
