"""Do 200 feeds of every kind, polled for 20 minutes of simulated time, come in once, politely, with reasons?

PYTHONPATH=.:tests python bench/feeds.py [--feeds 200] [--minutes 20] [--hosts 40]

Real servers on loopback addresses; the clock is simulated. Ends with an error when something does not hold.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections import Counter
from pathlib import Path

import structlog
from feed_checks import check
from feed_world import BAD, GOOD, quick, run, subscribe, world

from service import pipeline
from service.settings import Settings

KINDS = (*GOOD, *GOOD, *GOOD, *GOOD, *BAD)


def main() -> None:
    """Poll, compare, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--hosts", type=int, default=40)
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    kinds = [KINDS[number % len(KINDS)] for number in range(given.feeds)]
    settings = Settings(data=Path(tempfile.mkdtemp()), **quick())
    with pipeline.open_store(settings) as store, world(given.hosts) as made:
        numbered = subscribe(made, store, settings, kinds)
        began = time.monotonic()
        turns = run(made, store, settings, given.minutes)
        took = time.monotonic() - began
        found = check(made, store, numbered)
    statuses = dict(sorted(Counter(status for *_, status in made.requests).items()))
    good = sum(kind in GOOD for kind in kinds)
    print(f"{given.feeds} feeds ({good} good) on {given.hosts} hosts, {given.minutes:g} simulated minutes")
    print(f"{turns} turns, {len(made.requests)} requests in {took:.0f} s; answers {statuses}")
    print(f"shortest time between two requests to one host: {made.gaps():.2f} s")
    print(
        f"{found['articles']} articles of {found['served']} items, none twice; {found['dead']} feeds given up"
    )


if __name__ == "__main__":
    main()
