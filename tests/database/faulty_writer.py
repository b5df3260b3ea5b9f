"""A writer in a process of its own, for the tests to kill: writes receipts to a file as they come.

Arguments: data folder, database URL, receipts file, a key file for each line of officers.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.events.funds import FundAllocated
from ledger.storage.store import OpenStore, Store
from ledger.writing.signing import Signer


def main() -> None:
    folder, url, receipts, key = sys.argv[1:5]
    finance = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))
    with OpenStore(Store(Path(folder), url)) as store, store.writer() as writer:
        assert store.ledger is not None
        signer = Signer(finance, store.ledger)
        lock = threading.Lock()
        with open(receipts, "ab", buffering=0) as file:

            def client() -> None:
                while True:
                    event = FundAllocated(campaign="b2026", line="workers", amount_fen=1)
                    receipt = writer.record(signer.sign(event))
                    with lock:
                        file.write(orjson.dumps(receipt.to_json()) + b"\n")

            threads = [threading.Thread(target=client) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()


if __name__ == "__main__":
    main()
