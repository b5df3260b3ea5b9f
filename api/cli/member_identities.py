"""``songnuan household reveal``: a member's identity, once it is recorded who looks and why."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.desk import at_desk
from api.cli.identities import print_identity
from api.cli.language import say
from api.cli.opening import KeyFile, signer_of
from api.cli.output import AsJson, console, print_json
from api.cli.passphrases import PassphraseFile
from ledger.events.household import MemberRevealed


def reveal(
    key: KeyFile,
    dossier: Annotated[str, typer.Argument(help=say("档案编号", "the dossier"))],
    member: Annotated[str, typer.Argument(help=say("成员编号", "the member"))],
    purpose: Annotated[str, typer.Option(help=say("查阅目的，将记入台账", "what for; it is recorded"))],
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Shows a member's identity to the officer who signs for it."""
    with at_desk() as desk:
        unit = desk.unit_of(dossier)
        officer = signer_of(desk.ledger, key, passphrase_file)
        event = MemberRevealed(unit=unit, dossier=dossier, member=member, purpose=purpose)
        receipt = desk.record(officer.sign(event))
        identity = desk.member(member, receipt.id, unit=unit)
    if as_json:
        shown = identity.model_dump(exclude_none=True)
        print_json({"member": member, "position": receipt.position, "identity": shown})
        return
    console.print(
        say(
            f"成员 {member}：查阅已登记，第 {receipt.position} 号",
            f"member {member}: recorded as shown, at {receipt.position}",
        ),
        soft_wrap=True,
    )
    print_identity(identity)
