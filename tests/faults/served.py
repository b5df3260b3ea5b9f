"""``songnuan`` with the faults of a plan in its way, in this process and in those that it starts."""

from __future__ import annotations

from tests.faults.hooks import install

install()

if __name__ == "__main__":
    from api.cli import main

    main()
