"""The gate to the views: a scope is a union of pairs, and there is no way past it."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

import api
from api.gate import (
    EVERYTHING,
    NOTHING,
    AccessScope,
    ScopedViews,
    every_view,
    public_views,
)
from api.gate.access_scope import Area, scope_of
from api.gate.relations import RELATIONS
from tests.founding import Founded

API = Path(api.__file__).parent
UNITS, CAMPAIGNS = ("tea", "sugar", "county"), ("b2026", "c2026")
PAIRS = st.lists(
    st.tuples(st.sampled_from((None, *UNITS)), st.sampled_from((None, *CAMPAIGNS))), min_size=1, max_size=6
)


def covers(scope: AccessScope, unit: str, campaign: str) -> bool:
    return any(
        (area.units is None or unit in area.units) and (area.campaigns is None or campaign in area.campaigns)
        for area in scope.areas
    )


class TestScope:
    @given(PAIRS)
    def test_it_holds_the_pairs_and_no_other(self, pairs: list[tuple[str | None, str | None]]) -> None:
        scope = scope_of(pairs)
        for unit, campaign in itertools.product(UNITS, CAMPAIGNS):
            granted = any(u in (None, unit) and c in (None, campaign) for u, c in pairs)
            assert covers(scope, unit, campaign) == granted

    @given(PAIRS)
    def test_everything_is_one_grant_without_bounds(self, pairs: list[tuple[str | None, str | None]]) -> None:
        assert scope_of(pairs).is_everything == ((None, None) in pairs)

    @given(PAIRS, PAIRS)
    def test_one_that_includes_another_holds_its_pairs(
        self, some: list[tuple[str | None, str | None]], more: list[tuple[str | None, str | None]]
    ) -> None:
        outer, inner = scope_of(some), scope_of(more)
        if outer.includes(inner):
            for unit, campaign in itertools.product(UNITS, CAMPAIGNS):
                assert covers(outer, unit, campaign) or not covers(inner, unit, campaign)

    def test_nothing_holds_nothing(self) -> None:
        assert not NOTHING.is_everything
        assert EVERYTHING.includes(NOTHING)
        assert not NOTHING.includes(EVERYTHING)


@pytest.fixture(scope="module")
def nowhere() -> ScopedViews:
    """The gate without a database behind it: what it refuses it refuses before it asks."""
    return ScopedViews(Mock(spec=psycopg.Connection), NOTHING)


class TestTheGate:
    @pytest.mark.parametrize(
        "query",
        [
            "SELECT * FROM views.cases",
            "SELECT * FROM ledger . entries",
            "SELECT * FROM cases WHERE case_id IN (SELECT case_id FROM views.cases)",
            "SELECT * FROM pg_catalog.pg_class",
        ],
    )
    def test_a_query_names_no_table(self, nowhere: ScopedViews, query: str) -> None:
        with pytest.raises(RuntimeError):
            nowhere.rows(query)

    def test_the_database_itself_is_for_who_sees_everything(self, nowhere: ScopedViews) -> None:
        with pytest.raises(RuntimeError):
            nowhere.unlimited()
        with pytest.raises(RuntimeError):
            ScopedViews(nowhere._connection, EVERYTHING, public=True).unlimited()

    def test_every_relation_can_be_asked_in_every_scope(self, founded: Founded, tmp_path: Path) -> None:
        """The conditions are SQL that the database takes; who may see nothing finds nothing."""
        from ledger.postgres.connection import datastore
        from projections.following.runner import Followers

        with founded.store.writer() as writer:
            founded.paid(writer)
        connections = datastore(founded.store.url)
        followers = Followers(connections)
        followers.prepare()
        followers.catch_up()
        connections.close()
        tea = AccessScope((Area(None, ("tea",)),))
        pairs = AccessScope((Area(("b2026",), ("tea",)), Area(("c2026",), ("sugar",))))
        campaign = AccessScope((Area(("b2026",), None),))
        with founded.store.connect() as connection:
            everything = every_view(connection)
            scopes = [
                ScopedViews(connection, scope, oversight=oversight)
                for scope in (tea, pairs, campaign)
                for oversight in (scope, NOTHING)
            ]
            for name in RELATIONS:
                count = f"SELECT count(*) AS rows FROM {name}"
                (whole,) = everything.rows(count)
                for views in scopes:
                    (some,) = views.rows(count)
                    assert some["rows"] <= whole["rows"]
                (public,) = public_views(connection).rows(count)
                assert public["rows"] == 0 or name in ("moments", "claims"), name
                (none,) = ScopedViews(connection, NOTHING).rows(count)
                assert none["rows"] == 0 or name in ("moments", "claims"), name
            # What is not declared is not there.
            with pytest.raises(psycopg.errors.UndefinedTable):
                everything.rows("SELECT * FROM signers")


def texts(path: Path) -> Iterator[str]:
    """The strings of a module that are no documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            yield node.value


def attributes(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def names(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def said_at(path: Path) -> str:
    return str(path.relative_to(API))


TABLES = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(?:views|ledger)\s*\.")

TELLS_TABLES = {
    "gate/scoped_views.py": "the gate",
    "gate/relations.py": "what the gate lets through",
    "gate/history.py": "every entry, for who may read all of them",
    "objections/queries.py": "the public's words come and are taken down here; they are read through the gate",
    "identities/disclosing.py": "a vault's box is opened once its disclosure is recorded",
    "linkage/comparing.py": "dossiers are compared once the run is signed",
    "linkage/runs.py": "a run is found for who signed it, and persons are counted for who may start one",
    "federation/marking.py": "dossiers are marked by the command: their identities are blinded, and shown to nobody",
    "federation/matching.py": "the command lists what stands, by whoever holds the database",
    "federation/story.py": "the demonstration's own ledgers",
    "federation/story_desks.py": "the demonstration's own ledgers",
    "federation/list_marking.py": "rows of a list are marked by the command: they are blinded, and shown to nobody",
    "linkage/at_filing.py": "what was filed is compared because the policy asks for it, and shown to nobody",
    "kept_views/queries.py": "an officer's own filters, which hold no row",
    "audit/beside.py": "the epoch and the state's version, which say nothing of anybody",
    "tray/queries.py": "statements that wait for a second signature; the route shows each to whom it concerns",
    "voice/receiving.py": "what a slip is for, for whoever has its number",
    "statements/nominating.py": "which of some ids are recorded, which says nothing of what is",
    "service/lookups.py": "the access log counts who was told what",
    "log/timestamping.py": "checkpoints and their timestamps, which are everybody's",
}

HAS_A_CONNECTION = {
    "tables/kept_routes.py": "an officer's own filters, which hold no row",
    "tray/routes.py": "what waits for a second signature, for who signed it and who may sign it",
    "service/health.py": "the newest position and the views' own",
    "linkage/routes.py": "a run is looked up for who signed it; what it found names no identity",
    "log/routes.py": "checkpoint, tiles and proofs: hashes, which are everybody's",
    "objections/routes.py": "the public's words come and are taken down here",
    "voice/routes.py": "a recipient's words come by a slip, which whoever has it may use",
}

SEES_ALL = {
    "linkage/at_filing.py": "the service compares what was filed because the policy asks for it",
    "service/dependencies.py": "for who may read everything, and for the unit that all others are below",
    "gate/scoped_views.py": "where it is defined",
    "gate/__init__.py": "where it is given a shorter name",
    "identities/disclosing.py": "the command line reveals and discloses, by whoever holds the database",
    "linkage/comparing.py": "the command line compares within the unit that the run was signed for",
    "audit/exporting.py": "a bundle's figures, for who has the database itself",
    "audit/verification.py": "the whole ledger is verified",
    "demo/plan_b.py": "the demonstration's own story",
    "demo/oversight_today.py": "the demonstration's own story",
}

BESIDE_THE_TOPICS = {"cli", "demo", "operating", "service", "simulation", "web"}
"""Rooms that hold no topic: their modules ask no question for a reader, or through a topic's."""


def topics() -> Iterator[Path]:
    """Every module of every topic."""
    for room in sorted(API.iterdir()):
        if room.is_dir() and room.name not in BESIDE_THE_TOPICS:
            yield from sorted(room.rglob("*.py"))


def answering() -> Iterator[Path]:
    """Every module with routes, and the reports."""
    for path in topics():
        if path.parent.name == "reports" or "APIRouter(" in path.read_text(encoding="utf-8"):
            yield path
    yield API / "service" / "health.py"


class TestThereIsNoWayPastIt:
    def test_no_query_names_a_table(self) -> None:
        for path in topics():
            if said_at(path) not in TELLS_TABLES:
                assert [text for text in texts(path) if TABLES.search(text)] == [], said_at(path)

    def test_no_route_or_report_has_a_connection(self) -> None:
        reaching = {"connect", "connection", "execute", "cursor", "reads", "primary", "_connection"}
        dependencies = {"Connected", "Primary"}
        for path in answering():
            if said_at(path) not in HAS_A_CONNECTION:
                assert attributes(path) & reaching == set(), said_at(path)
                assert names(path) & dependencies == set(), said_at(path)

    def test_the_routes_with_a_connection_ask_no_question_over_it(self) -> None:
        for module in HAS_A_CONNECTION:
            path = API / module
            assert attributes(path) & {"execute", "cursor", "fetchall", "fetchone"} == set(), module
            assert [text for text in texts(path) if re.search(r"\bSELECT\b", text)] == [], module

    def test_only_these_see_all_there_is(self) -> None:
        for path in sorted(API.rglob("*.py")):
            module = said_at(path)
            if module.startswith("cli/") or "node_modules" in module or module in SEES_ALL:
                continue
            assert names(path) & {"every_view"} == set(), module
            assert "unlimited" not in attributes(path) or module == "gate/history.py", module

    def test_views_are_scoped_where_it_is_known_who_asks(self) -> None:
        # The command in the folder sees all of it, and cuts its answer to what it names.
        allowed = {"gate/scoped_views.py", "service/dependencies.py", "cli/desk.py"}
        for path in sorted(API.rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            made = any(
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "ScopedViews"
                for node in ast.walk(tree)
            )
            assert not made or said_at(path) in allowed, said_at(path)

    def test_the_exceptions_are_still_there(self) -> None:
        for module in (*TELLS_TABLES, *HAS_A_CONNECTION, *SEES_ALL):
            assert (API / module).exists(), module
