"""Masked names (脱敏姓名): what people see of whom a case is about, unless an identity is revealed."""

from __future__ import annotations

import psycopg

from api.queries import Row
from api.queries.titles import category_titles
from ledger.identity import masked_name
from ledger.vault import Sealed, Vault


def named(found: list[Row], connection: psycopg.Connection, vault: Vault) -> None:
    """Adds the masked name, the category's title, and what stays paid, to each case."""
    titles = category_titles(connection)
    names = masked_names(connection, vault, [row["dossier"] for row in found])
    for row in found:
        row["masked_name"] = names.get(row["dossier"], "—")
        row["category_title"] = titles.get((row["campaign"], row["category"]), row["category"])
        row["kept_fen"] = row["paid_fen"] - row["returned_fen"]


def masked_names(connection: psycopg.Connection, vault: Vault, dossiers: list[str]) -> dict[str, str]:
    """Masked names of dossiers; one whose identity was erased or sealed has none."""
    rows = connection.execute(
        "SELECT DISTINCT ON (v.dossier) v.id, v.dossier, v.key_version, v.wrapped_key, v.box"
        " FROM ledger.vault v JOIN ledger.standing s ON s.key = 'dossier/' || v.dossier"
        " WHERE v.dossier = ANY(%s) AND NOT coalesce((s.value ->> 'sealed')::boolean, false)"
        " ORDER BY v.dossier, v.id DESC",
        (dossiers,),
    ).fetchall()
    return {row[1]: masked_name(vault.open(Sealed(*row)).identity.name) for row in rows}


def named_categories(connection: psycopg.Connection, campaign: str) -> dict[str, str]:
    """The titles of one campaign's categories, by code."""
    return {code: title for (of, code), title in category_titles(connection).items() if of == campaign}
