"""Proof of possession (密钥持有证明): who has a key enrolled shows that they hold its private part.

The new key signs, for one ledger and one officer's code, as in a certification request (PKCS#10,
RFC 2986; RFC 4211, 4.1). The proof stands in the body that enrols the key, so that whoever verifies the
history holds it against the key again. It is no statement: it says nothing but that the key is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints

from ledger.crypto.keys import public_hex
from ledger.crypto.signatures import PrivateKey, verify_signature
from ledger.domain.event import Event
from ledger.domain.fields import PLAIN
from ledger.errors import NotVerified, Rule
from ledger.statements.statement import canonical, pae

PROOF_TYPE = "application/vnd.songnuan.key-possession+json"

POSSESSION_NOT_PROVED = Rule(
    "possession-not-proved",
    zh="缺少密钥持有证明：请 {officer} 本人在密钥页出示登记码，或用 songnuan key show --for {officer} 取得",
    en="{officer}'s new key must sign for itself: take the enrolment code from their key page, or from"
    " songnuan key show --for {officer}",
)
POSSESSION_WRONG = Rule(
    "possession-wrong",
    zh="密钥持有证明不符：不是该公钥为台账 {ledger} 的 {officer} 所签，请本人为此代码重新出示",
    en="the proof of possession does not hold: this key did not sign it for {officer} of ledger {ledger};"
    " ask for one made for this code",
)

ProofOfPossession = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$"), PLAIN]
"""A new key's own signature, hex, over what :func:`possession_message` says."""


def possession_message(ledger: str, officer: str, public_key: str) -> bytes:
    """What the new key signs: DSSE's encoding of the ledger's id, the officer's code, the key in hex."""
    return pae(PROOF_TYPE, canonical({"ledger": ledger, "officer": officer, "public_key": public_key}))


def prove_possession(key: PrivateKey, ledger: str, officer: str) -> str:
    """The proof of an officer's new key, hex."""
    return key.sign(possession_message(ledger, officer, public_hex(key))).hex()


def enrolment_code(key: PrivateKey, ledger: str, officer: str) -> str:
    """What an officer gives the registrar (登记码): the public key and its proof, hex, with a dot between."""
    return f"{public_hex(key)}.{prove_possession(key, ledger, officer)}"


def check_possession(event: Event, ledger: str) -> None:
    """Checks the proof in a body that enrols an officer's key, where there is one.

    Whether there must be one is for the admission, by the rules in force.

    Raises:
        NotVerified: ``possession-wrong``.
    """
    if not event.ENROLS:
        return
    said = event.__dict__
    proof = said["proof_of_possession"]
    if proof is None:
        return
    officer, public_key = _who(said), said["public_key"]
    message = possession_message(ledger, officer, public_key)
    try:
        verify_signature(bytes.fromhex(public_key), message, bytes.fromhex(proof))
    except NotVerified:
        raise POSSESSION_WRONG.not_verified(ledger=ledger, officer=officer) from None


def _who(said: Mapping[str, Any]) -> str:
    """Whose key it is: an officer's, or a machine's of another ledger."""
    return next(str(said[name]) for name in ("officer", "upper", "asker") if said.get(name) is not None)
