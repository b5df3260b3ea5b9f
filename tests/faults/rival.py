"""A second process that stands for writer until it is elected, stays for a moment, and goes.

Arguments: data folder, database URL. It says one line once it stands.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ledger.errors import SongnuanError
from ledger.storage.store import OpenStore, Store


def main() -> None:
    folder, url = sys.argv[1:3]
    with OpenStore(Store(Path(folder), url)) as store:
        print("standing", flush=True)
        while True:
            try:
                with store.writer():
                    time.sleep(0.5)
                return
            except SongnuanError:
                time.sleep(0.02)


if __name__ == "__main__":
    main()
