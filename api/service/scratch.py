"""Room for what is read once (临时目录): a folder that is gone afterwards; where there is none, that is said.

The standard library alone is imported here until something is wrong, as :mod:`api.service.limited_process` asks.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ledger.errors import Unavailable

RETRY_SECONDS = 60
OF_THE_MACHINE = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EIO,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.EAGAIN,
    }
)
"""What the machine lacks, and no file is to blame for: room, or one more open file or process."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder of its own in the temporary folder (``TMPDIR``, or ``/tmp``).

    Raises:
        Unavailable: ``scratch-unusable`` where it cannot be made, or the machine has no room for what is put there.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix="songnuan-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _unusable(error) from error
    with made as name:
        try:
            yield Path(name)
        except OSError as error:
            if error.errno in OF_THE_MACHINE:
                raise _unusable(error) from error
            raise


def _unusable(error: OSError) -> Unavailable:
    from ledger.errors import Unavailable
    from ledger.system_words import reason_of

    zh, en = reason_of(error)
    return Unavailable(
        "scratch-unusable",
        f"服务器的临时目录不可用（{zh}），未能处理，没有留下任何内容：请管理员检查临时目录（TMPDIR）与磁盘",
        f"the server's temporary folder cannot be used ({en}); nothing was done: its administrator is to see to the"
        " temporary folder (TMPDIR) and its disk",
        RETRY_SECONDS,
    )
