"""A command of a declaration (由声明生成命令): its options, what it selects, shows, signs once and records."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.acts.context import Context
from api.cli.acts.declaration import Act, Given, Narrowing, Option
from api.cli.acts.selecting import Selection, selected
from api.cli.acts.showing import Made, show_made
from api.cli.desk import at_desk
from api.cli.exit_codes import Misused
from api.cli.language import say, titled
from api.cli.opening import IdentityFile, KeyFile, On, checked, day_of, disclosed, json_in, signer_of
from api.cli.output import AsJson, one_of, progress_bar
from api.cli.passphrases import PassphraseFile
from api.cli.plans import yuan_option
from api.cli.receipts import exit_of, print_outcomes, print_receipt
from api.gate import Row
from ledger.identity.vault import Disclosure
from ledger.writing.batch import Receipt
from projections.views.roster_rows import STATE_TITLES

ListFile = Annotated[
    Path | None,
    typer.Option(
        "--list",
        help=say(
            "清单文件，每行一个编号或登记序号，- 为标准输入",
            "a file with an id or a serial number a line, - for stdin",
        ),
    ),
]
Excepted = Annotated[
    list[str] | None,
    typer.Option("--except", help=say("不含，可多次", "leave this one out, may be repeated")),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help=say("只显示将签署的内容，不签署", "only show what would be signed"))
]
Accept = Annotated[
    bool, typer.Option("--accept", help=say("不再询问，直接签署", "sign without asking first"))
]


@dataclass(frozen=True)
class _Called:
    """How a command was called."""

    act: Act
    options: Mapping[str, Any]

    @property
    def given(self) -> Given:
        """What its own options said, by field."""
        typed = ((each, self.options[_parameter(each.field)]) for each in self.act.options)
        return {
            option.field: _read(option, value)
            for option, value in typed
            if value is not None and value is not False and value != []
        }

    @property
    def selection(self) -> Selection:
        """What it is about."""
        state = self.options.get("state")
        return Selection(
            named=self.options.get("named") or (),
            list_file=self.options.get("list_file"),
            excepted=self.options.get("excepted") or (),
            states=self.act.states if state is None else (state,),
        )

    def narrowed(self) -> dict[str, Any]:
        """What narrows the question."""
        assert self.act.subjects is not None
        parameters = (each.parameter for each in self.act.subjects.narrowed_by)
        return {name: self.options[name] for name in parameters if self.options[name] is not None}


def command(act: Act) -> Callable[..., None]:
    """The command's function, which carries its declaration as ``act``."""

    def run(**options: Any) -> None:
        _run(_Called(act, options))

    parameters = list(_parameters(act))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what Typer reads
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    run.__doc__ = f"Signs {act.event.TITLE_EN}."
    run.act = act  # type: ignore[attr-defined] # so that tables and tests read the declaration
    return run


def _run(called: _Called) -> None:
    act, options = called.act, called.options
    given, selection = called.given, called.selection
    if options["as_json"] and not (options.get("named") or options.get("accept", True) or options["dry_run"]):
        raise Misused(
            "批量签署并输出 JSON 时须加 --accept；先看内容用 --dry-run --json",
            "many are signed with --json only with --accept; look at them first by --dry-run --json",
        )
    if act.is_by_name and selection.is_query:
        raise Misused("请写明编号，或用 --list 给出清单", "say which ones, by id or with --list")
    with at_desk() as desk:
        context = Context(desk)
        rows: list[Row] = [{}]
        if act.subjects is not None:
            rows = selected(desk.rows(act.subjects.question, **called.narrowed()), act.subjects, selection)
        promise, disclosure = disclosed(options.get("identity"))
        own = {} if promise is None else {"identity_commitment": promise}
        made = [Made(row, {**body, **own}) for row, body in _bodies(act, context, rows, given)]
        events = [checked(act.event, dict(each.body)) for each in made]
        is_bulk = act.subjects is not None and not selection.named
        if options["dry_run"] or (is_bulk and not options["as_json"]):
            show_made(act, made, rows, desk.names(), as_json=options["as_json"])
        if options["dry_run"]:
            return
        if is_bulk and not options["accept"] and not _agreed(len(made)):
            raise typer.Abort
        officer = signer_of(desk.ledger, options["key"], options["passphrase_file"])
        if len(events) == 1:
            receipt = desk.record(officer.sign(events[0], disclosure, on=options["on"]))
            _tell_afterwards(act, context, made, [receipt])
            print_receipt(receipt, options["as_json"])
            return
        statements = [officer.statement(event, on=options["on"]) for event in events]
        none: list[Disclosure | None] = [None] * len(statements)
        with progress_bar(say("登记", "recording"), len(statements)) as done:
            outcomes = desk.record_all(officer.sign_together(statements, none), done)
        _tell_afterwards(act, context, made, outcomes)
    print_outcomes(outcomes, options["as_json"])
    if code := exit_of(outcomes):
        raise typer.Exit(code)


def _bodies(
    act: Act, context: Context, rows: list[Row], given: Given
) -> Iterator[tuple[Row, dict[str, Any]]]:
    if act.bodies is not None:
        for body in act.bodies(context, rows, given):
            yield {}, body
        return
    assert act.body is not None
    for row in rows:
        yield row, act.body(context, row, given)


def _agreed(count: int) -> bool:
    return typer.confirm(say(f"签署以上 {count} 条？", f"sign these {count}?"), err=True)


def _tell_afterwards(act: Act, context: Context, made: list[Made], outcomes: list[Any]) -> None:
    if act.afterwards is None:
        return
    for each, outcome in zip(made, outcomes, strict=True):
        if isinstance(outcome, Receipt):
            act.afterwards(context, each.body, outcome.id)


def _parameters(act: Act) -> Iterator[inspect.Parameter]:
    yield _parameter_of("key", KeyFile)
    subjects = act.subjects
    if subjects is not None:
        help_ = say(f"{subjects.zh}编号，可多个；不写则按条件选取", "one or more, by id; else all that fit")
        yield _parameter_of(
            "named", Annotated[list[str] | None, typer.Argument(metavar=subjects.metavar, help=help_)], None
        )
        for narrowing in subjects.narrowed_by:
            yield _of_narrowing(narrowing)
        if subjects.state_of is not None and act.states:
            text = _states(act.states)
            yield _parameter_of("state", Annotated[str | None, typer.Option("--state", help=text)], None)
        yield _parameter_of("list_file", ListFile, None)
        yield _parameter_of("excepted", Excepted, None)
        yield _parameter_of("accept", Accept, False)
    for option in act.options:
        yield _of_option(option)
    if act.identity:
        yield _parameter_of("identity", IdentityFile, None)
    yield _parameter_of("dry_run", DryRun, False)
    yield _parameter_of("on", On, None)
    yield _parameter_of("passphrase_file", PassphraseFile, None)
    yield _parameter_of("as_json", AsJson, False)


def _states(states: Sequence[str]) -> str:
    """The states that are meant where none is named, each with what people call it."""
    said = [f"{state} {titled(STATE_TITLES[state])}" for state in states]
    return say(f"只选此状态，默认 {'、'.join(said)}", f"in this state, else {', '.join(states)}")


def _of_narrowing(narrowing: Narrowing) -> inspect.Parameter:
    told = typer.Option(f"--{narrowing.parameter}", help=say(narrowing.zh, narrowing.en))
    if narrowing.required:
        return _parameter_of(narrowing.parameter, Annotated[str, told])
    return _parameter_of(narrowing.parameter, Annotated[str | None, told], None)


def _of_option(option: Option) -> inspect.Parameter:
    text = say(option.zh, option.en) + _choices(option)
    told = typer.Option(option.flag, help=text)
    if option.kind == "json":
        told = typer.Option(option.flag, help=text, exists=True, dir_okay=False)
    kind: Any = {"whole": int, "yes": bool, "several": list[str], "json": Path}.get(option.kind, str)
    name = _parameter(option.field)
    if option.kind == "yes":
        return _parameter_of(name, Annotated[bool, told], False)
    if option.required:
        return _parameter_of(name, Annotated[kind, told])
    return _parameter_of(name, Annotated[kind | None, told], None)


def _choices(option: Option) -> str:
    """The values of an option, each with what it means."""
    if not option.choices:
        return ""
    said = [f"{code} {say(*meaning)}" for code, meaning in option.choices.items()]
    return say("：" + "、".join(said), ": " + ", ".join(said))


def _parameter(field: str) -> str:
    """An option's parameter, apart from those that every command has."""
    return f"of_{field}"


def _parameter_of(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _read(option: Option, value: Any) -> Any:
    """An option's value as the event's field takes it.

    Raises:
        Misused: it is none.
    """
    if option.choices:
        for each in value if option.kind == "several" else [value]:
            one_of(each, option.choices, option.flag)
    if option.kind == "amount":
        return yuan_option(value)
    if option.kind == "day":
        return day_of(value)
    if option.kind == "document":
        return {"number": value}
    if option.kind == "json":
        return json_in(value)
    return value
