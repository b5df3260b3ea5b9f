"""The reasons of the system: in words of both languages, whatever kind of error it is."""

from __future__ import annotations

import errno
import os
import socket
import ssl

import pytest

from api.service.failures import explained
from ledger.system_words import reason_of


def certificate_error(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("error", "zh"),
    [
        (FileNotFoundError(errno.ENOENT, "No such file or directory"), "不存在"),
        (OSError(errno.ENOTDIR, "Not a directory"), "路径中有一级不是目录"),
        (socket.gaierror(-2, "Name or service not known"), "找不到主机"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]"), "TLS 握手失败：对方可能不是 HTTPS"),
        (certificate_error(10), "证书已过期"),
        (certificate_error(62), "证书不是为此主机签发的"),
        (certificate_error(99), "证书无效（OpenSSL 99）"),
        (TimeoutError("timed out"), "没有及时应答"),
        (OSError("cannot read"), "原因不明"),
        (OSError(errno.EOPNOTSUPP, "Operation not supported"), "系统错误 95"),
    ],
)
def test_a_reason_is_in_our_words(error: OSError, zh: str) -> None:
    found = reason_of(error)
    assert found[0] == zh
    assert found[1] != str(error)


def test_a_full_disk_is_told_though_no_file_is_named() -> None:
    told = explained(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert told is not None
    assert told.code == "file-unusable"
    assert "磁盘已满" in told.message("zh")
