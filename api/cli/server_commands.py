"""The commands for a running service (登录命令登记): signing in and out."""

from __future__ import annotations

from collections.abc import Mapping

from api.cli.command_declaration import Command, Shown

SERVER_COMMANDS: Mapping[str, Command] = {
    "sign-in": Command(
        "api.cli.signing_in:sign_in",
        "用密钥登录运行中的服务（--server 地址），此后的命令加 --server 即提交到该服务",
        "sign in at a running service (--server URL), to which later commands with --server send",
        Shown(None, "the service records who signs in"),
    ),
    "sign-out": Command(
        "api.cli.signing_in:sign_out",
        "退出登录，删除本机保存的登录凭据",
        "end the session at a service, and forget it here",
        Shown(None, "nothing is shown"),
    ),
}
