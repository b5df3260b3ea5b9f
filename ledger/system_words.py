"""Why a file, a program or a connection failed (系统原因), in Chinese and English.

By the number that the system gives, and never in its own words: these are English, and an error's own
text may hold a password.
"""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Mapping

Words = tuple[str, str]

_BY_NUMBER: Mapping[int, Words] = {
    errno.EPERM: ("不允许此操作", "this is not permitted"),
    errno.ENOENT: ("不存在", "it is not there"),
    errno.EIO: ("读写出错，磁盘可能已损坏", "the disk failed to read or write"),
    errno.ENOEXEC: ("不是可执行程序", "it is no program that runs here"),
    errno.EACCES: ("没有权限", "permission is denied"),
    errno.EBUSY: ("正被占用", "it is in use"),
    errno.EEXIST: ("已存在", "it exists already"),
    errno.EXDEV: ("在另一磁盘上", "it is on another disk"),
    errno.ENOTDIR: ("路径中有一级不是目录", "a part of the path is not a folder"),
    errno.EISDIR: ("是目录", "it is a folder"),
    errno.EINVAL: ("不受支持", "it is not supported"),
    errno.EAGAIN: ("可创建的进程或线程数不足", "too few processes or threads may be started"),
    errno.ENOMEM: ("内存不足", "there is not enough memory"),
    errno.EFBIG: ("单个文件的大小受限", "the size of a file is limited"),
    errno.EMFILE: ("打开的文件过多", "too many files are open"),
    errno.ENFILE: ("打开的文件过多", "too many files are open"),
    errno.ETXTBSY: ("程序正被写入", "the program is being written"),
    errno.ENOSPC: ("磁盘已满", "the disk is full"),
    errno.EROFS: ("只读文件系统", "the file system is read-only"),
    errno.ENAMETOOLONG: ("名称过长", "the name is too long"),
    errno.ENOTEMPTY: ("目录不空", "the folder is not empty"),
    errno.ELOOP: ("链接相互循环", "its links form a circle"),
    errno.EDQUOT: ("超出磁盘配额", "the disk quota is used up"),
    errno.ESTALE: ("网络文件系统已断开", "the network's file system is gone"),
    errno.EADDRINUSE: ("地址已被占用", "the address is in use"),
    errno.EADDRNOTAVAIL: ("本机没有此地址", "this machine has no such address"),
    errno.ECONNREFUSED: (
        "对方拒绝连接，可能没有运行",
        "the connection was refused: perhaps nothing runs there",
    ),
    errno.ECONNRESET: ("对方断开了连接", "the other side ended the connection"),
    errno.EPIPE: ("对方断开了连接", "the other side ended the connection"),
    errno.ETIMEDOUT: ("没有及时应答", "there was no answer in time"),
    errno.EHOSTUNREACH: ("网络不通", "there is no way through the network"),
    errno.ENETUNREACH: ("网络不通", "there is no way through the network"),
}


_BY_CERTIFICATE: Mapping[int, Words] = {
    9: ("证书尚未生效", "the certificate is not valid yet"),
    10: ("证书已过期", "the certificate has expired"),
    18: ("证书是自签的，本机不信任", "the certificate is self-signed, and not trusted here"),
    19: ("证书的根证书本机不信任", "the certificate's root is not trusted here"),
    20: ("本机不认识证书的签发者", "who issued the certificate is not known here"),
    21: ("本机不认识证书的签发者", "who issued the certificate is not known here"),
    62: ("证书不是为此主机签发的", "the certificate is for another host"),
    64: ("证书不是为此地址签发的", "the certificate is for another address"),
}
"""By X509_V_ERR_… of OpenSSL."""


def reason_of(error: OSError) -> Words:
    """Why the system refused; a number where it is an unusual one.

    >>> reason_of(FileNotFoundError(2, "No such file or directory"))
    ('不存在', 'it is not there')
    >>> reason_of(OSError(95, "Operation not supported"))
    ('系统错误 95', 'error 95 of the system')
    """
    # Both count their own numbers, which are others than the system's.
    if isinstance(error, socket.gaierror):
        return "找不到主机", "the host cannot be resolved"
    if "ssl" in sys.modules and (found := _reason_of_tls(error)) is not None:
        return found
    if isinstance(error, TimeoutError):
        return _BY_NUMBER[errno.ETIMEDOUT]
    if error.errno is None:
        return "原因不明", "the system gave no reason"
    number = error.errno
    return _BY_NUMBER.get(number, (f"系统错误 {number}", f"error {number} of the system"))


def _reason_of_tls(error: OSError) -> Words | None:
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        unusual = (
            f"证书无效（OpenSSL {error.verify_code}）",
            f"the certificate is not valid (OpenSSL {error.verify_code})",
        )
        return _BY_CERTIFICATE.get(error.verify_code, unusual)
    if isinstance(error, ssl.SSLError):
        return (
            "TLS 握手失败：对方可能不是 HTTPS",
            "there was no TLS handshake: perhaps HTTPS is not spoken there",
        )
    return None
