"""Runs the stand-in alone, to try `litwatch run` against it by hand.

    python -m litwatch.demo --port 8080 --at 2026-11-02

Then set `ncbi.base_url` to the address that it prints. The virtual time stands still.
"""

import argparse
import sys
from datetime import UTC, datetime
from threading import Event

from litwatch.demo import records
from litwatch.demo.library import Library
from litwatch.demo.server import StandIn


def main() -> None:
    """Serves the sample records until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m litwatch.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: any free one")
    parser.add_argument(
        "--at",
        type=datetime.fromisoformat,
        default=None,
        help="the virtual time (UTC); default: now",
    )
    parser.add_argument("--key", action="append", default=[], help="an API key to be known")
    arguments = parser.parse_args()
    moment = arguments.at or datetime.now(UTC)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    library = Library(records.load())
    with StandIn(library, lambda: moment, port=arguments.port, known_keys=arguments.key) as served:
        sys.stdout.write(f"{served.base_url} at {moment:%Y-%m-%d %H:%M} UTC; Ctrl-C stops it\n")
        sys.stdout.flush()
        try:
            Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
