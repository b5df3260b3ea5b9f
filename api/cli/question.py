"""A question that a service answers by a route and a folder by its views (命令的查询)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from api.gate import Row, ScopedViews
from ledger.identity.vault import Vault
from ledger.storage.store import OpenStore

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Asked:
    """A question for rows: where a service answers it, and how the views do; both give the same rows.

    ``is_recorded`` says that its answer has a line in the access log, ``about`` what that line says it is
    about, ``cursor`` which parameter takes the cursor of the page before. ``is_cut`` says that a campaign and
    a unit that are named cut the views.
    """

    path: str
    answer: Callable[..., list[Row]]
    is_paged: bool = False
    is_recorded: bool = True
    about: str | None = None
    cursor: str = "after"
    is_cut: bool = True

    def of_views(self, views: ScopedViews, vault: Vault, **parameters: Any) -> list[Row]:
        """The rows that the route would answer, of views that are cut to campaign and unit."""
        return self.answer(views, vault, **parameters)

    def subject(self, parameters: Mapping[str, Any]) -> str | None:
        """What the line in the access log says it is about, besides campaign and unit."""
        return None if self.about is None else self.about.format(**parameters)


@dataclass(frozen=True)
class OfService:
    """A question for rows that a service answers by a route; beside the ledger they are made without views."""

    path: str
    is_paged: bool = False
    cursor: str = "after"


@dataclass(frozen=True)
class AskedWhole:
    """A question for one object: where a service answers it, and how the views do; the rest as :class:`Asked`."""

    path: str
    answer: Callable[..., dict[str, Any]]
    is_recorded: bool = True
    about: str | None = None
    is_cut: bool = True

    def of_views(self, views: ScopedViews, vault: Vault, **parameters: Any) -> dict[str, Any]:
        """The object that the route would answer, of views that are cut to campaign and unit."""
        return self.answer(views, vault, **parameters)

    def subject(self, parameters: Mapping[str, Any]) -> str | None:
        """What the line in the access log says it is about, besides campaign and unit."""
        return None if self.about is None else self.about.format(**parameters)


@dataclass(frozen=True)
class AskedOfFile(Generic[M]):
    """A question about a file: where a service reads it, and how it is read beside the ledger.

    ``lines`` says how many lines of the file are shown, for the line in the access log.
    """

    path: str
    model: type[M]
    answer: Callable[..., M]
    lines: Callable[[M], int]

    def of_file(self, store: OpenStore, views: ScopedViews, file: Path, **parameters: Any) -> M:
        """What the route would answer of the file."""
        return self.answer(store, views, file, **parameters)
