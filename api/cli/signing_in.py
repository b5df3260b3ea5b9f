"""``songnuan sign-in`` and ``songnuan sign-out``: a session at a running service, kept for later commands."""

from __future__ import annotations

from api.cli import server_option
from api.cli.exit_codes import Misused
from api.cli.language import say
from api.cli.opening import KeyFile
from api.cli.output import AsJson, console, print_json
from api.cli.passphrases import PassphraseFile, key_passphrase, open_key
from api.cli.saved_sessions import forget, save, saved
from api.cli.server import Server


def sign_in(key: KeyFile, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """Signs the service's challenge, and keeps the session."""
    address = _address()
    session = Server(address).sign_in(open_key(key, key_passphrase(key, passphrase_file)))
    save(session)
    if as_json:
        print_json({name: getattr(session, name) for name in ("server", "ledger", "officer", "name", "key")})
        return
    console.print(
        say(
            f"✓ {session.name}（{session.officer}）已登录 {address}，此后的命令加 --server {address}",
            f"✓ {session.name} ({session.officer}) is signed in at {address}: give later commands --server {address}",
        ),
        soft_wrap=True,
    )


def sign_out() -> None:
    """Ends the session there and forgets it here."""
    address = _address()
    session = saved(address)
    if session is None:
        console.print(say(f"此前没有登录 {address}", f"nobody was signed in at {address}"))
        return
    try:
        Server(address, session).sign_out()
    finally:
        # What is kept here opens nothing for the next at this machine, whether the service answered or not.
        forget(address)
    console.print(say(f"✓ 已退出 {address}", f"✓ signed out of {address}"))


def _address() -> str:
    given = server_option.given()
    if given is None:
        raise Misused(
            "缺少服务地址：--server https://ledger.example",
            "the service's address is missing: --server https://ledger.example",
        )
    return server_option.server_address(given)
