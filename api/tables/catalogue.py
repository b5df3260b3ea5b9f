"""The tables that there are (列表目录), by topic: one declaration each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from api.tables.of_bank import BANK
from api.tables.of_money import MONEY
from api.tables.of_oversight import OVERSIGHT
from api.tables.of_persons import PERSONS
from api.tables.of_records import RECORDS
from api.tables.table import Table

TableName = Literal[
    "cases",
    "dossiers",
    "payouts",
    "slips",
    "postings",
    "holdings",
    "bank-lines",
    "statement-entries",
    "collective-help",
    "vouchers",
    "bank-days",
    "payment-files",
    "account-statements",
    "flags",
    "lists",
    "list-hits",
    "investigations",
    "rectifications",
    "handovers",
    "outside-cases",
    "objections",
    "pairs",
    "events",
    "changes",
    "samples",
    "access",
    "officers",
    "keys",
]

TABLES: Mapping[str, Table] = {table.name: table for table in (*PERSONS, *MONEY, *BANK, *OVERSIGHT, *RECORDS)}
assert set(TABLES) == set(get_args(TableName))
