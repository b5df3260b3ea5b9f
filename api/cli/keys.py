"""``songnuan key rotate``, ``revoke`` and ``rotate-ledger``: keys that the ledger knows."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.acts.questions import OFFICERS
from api.cli.desk import Desk, at_desk, record
from api.cli.language import say
from api.cli.opening import KeyFile, checked, opened, signer, signer_of
from api.cli.output import AsJson, console, print_json
from api.cli.passphrases import PassphraseFile
from api.cli.receipts import print_receipt
from api.gate import Row
from ledger.clock import CHINA, utc_now
from ledger.crypto.keys import (
    algorithm_in,
    public_hex,
)
from ledger.events.ledger_key import LedgerKeyRotated
from ledger.events.registry import KeyRevoked, KeyRotated


def _now() -> str:
    return utc_now().astimezone(CHINA).isoformat(timespec="seconds")


EnrolmentCode = Annotated[
    str,
    typer.Option(
        "--code",
        help=say(
            "登记码，由本人出示：密钥页，或 key show --for 人员代码",
            "the enrolment code, from the officer: their key page, or key show --for CODE",
        ),
    ),
]


def key_in(code: str) -> dict[str, str]:
    """What an enrolment code says of a key, as a body says it; faults are left to the event."""
    public_key, _, proof = code.strip().partition(".")
    said = {"algorithm": algorithm_in(public_key), "public_key": public_key}
    return {**said, "proof_of_possession": proof} if proof else said


def rotate_ledger(
    key: KeyFile,
    reason: Annotated[str, typer.Option(help=say("更换原因", "why"))],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Signed by a registrar over everything. The checkpoint over it is the old key's last."""
    with opened() as store:
        event = LedgerKeyRotated(public_key=public_hex(store.next_ledger_key()), reason=reason)
        with store.writer() as writer:
            receipt = writer.record(signer(store, key, passphrase_file).sign(event))
        verifier_key = store.verifier_key().text
    if as_json:
        print_json({**receipt.to_json(), "verifier_key": verifier_key})
        return
    print_receipt(receipt, as_json)
    console.print(
        say(f"新的验证公钥：{verifier_key}", f"the new verifier key: {verifier_key}"), soft_wrap=True
    )


def rotate(
    key: KeyFile,
    officer: Annotated[str, typer.Option(help=say("人员代码", "the officer's code"))],
    code: EnrolmentCode,
    replaces: Annotated[str | None, typer.Option(help=say("被更换的密钥编号", "the key replaced"))] = None,
    valid_from: Annotated[str | None, typer.Option(help=say("启用时间", "valid from"))] = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Signed by the officer with a key in force, or by a registrar."""
    event = checked(
        KeyRotated,
        {"officer": officer, **key_in(code), "valid_from": valid_from or _now(), "replaces": replaces},
    )
    print_receipt(record(event, key, passphrase_file), as_json)


def revoke(
    key: KeyFile,
    revoked: Annotated[str, typer.Argument(help=say("要注销的密钥编号", "the id of the key to revoke"))],
    reason: Annotated[str, typer.Option(help=say("事由", "the reason"))],
    revoked_from: Annotated[str | None, typer.Option("--from", help=say("自何时起", "from when"))] = None,
    compromised: Annotated[bool, typer.Option(help=say("疑似外泄", "others may have had it"))] = False,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Ends a key from a moment on; one that was compromised takes with it what it enrolled since then."""
    body = {
        "key": revoked,
        "revoked_from": revoked_from or _now(),
        "compromised": compromised,
        "reason": reason,
    }
    event = checked(KeyRevoked, body)
    with at_desk() as desk:
        before = _compromised(desk)
        receipt = desk.record(signer_of(desk.ledger, key, passphrase_file).sign(event))
        ended = [each for name, each in _compromised(desk).items() if name not in before and name != revoked]
    if as_json:
        print_json({**receipt.to_json(), "ended": [each["key"] for each in ended]})
        return
    print_receipt(receipt, as_json)
    for each in ended:
        console.print(
            say(
                f"! 随之失效：{each['officer']} 的密钥 {each['key']}，自 {each['revoked_from']} 起",
                f"! ended with it: the key {each['key']} of {each['officer']}, from {each['revoked_from']} on",
            ),
            soft_wrap=True,
        )


def _compromised(desk: Desk) -> dict[str, Row]:
    """The keys that others may have had, each with its officer, as far as whoever asks may see them."""
    return {
        key["key"]: {**key, "officer": row["officer"]}
        for row in desk.rows(OFFICERS)
        for key in row["keys"]
        if key["compromised"]
    }
