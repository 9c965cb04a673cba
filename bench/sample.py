"""Are the stories of a stream one event each? Draws stories to be judged by a reader.

    python bench/sample.py OUT.txt [--stories 100] [--least 4] [--seed 1] [--data DIR]

Re-clusters the Arabic stream, draws stories of at least so many articles, and writes each with its articles'
outlets, times, titles and beginnings. The texts belong to their publishers: keep the file out of the
repository.
"""

from __future__ import annotations

import argparse
import os
import random
from datetime import UTC, datetime
from pathlib import Path

from labelled_sets import read_sets, read_texts

from service.stories.recluster import recluster

SHOWN = 500  # characters of each text


def main() -> None:
    shared = Path(os.environ.get("SAMESTORY_SHARED", Path(__file__).parents[2] / "shared"))
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--stories", type=int, default=100)
    parser.add_argument("--least", type=int, default=4, help="articles of a story")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=shared / "data")
    options = parser.parse_args()
    items = {item.article_id: item for item in read_sets(options.data)["arabic"].items}
    texts = read_texts(options.data, "arabic")
    clusters = [c for c in recluster(list(items.values())) if len(c.article_ids) >= options.least]
    drawn = random.Random(options.seed).sample(clusters, options.stories)
    with options.out.open("w", encoding="utf-8") as file:
        for number, cluster in enumerate(drawn, 1):
            print(f"=== story {number}, {len(cluster.article_ids)} articles", file=file)
            for article_id in cluster.article_ids:
                title, text = texts[article_id]
                item = items[article_id]
                when = (
                    datetime.fromtimestamp(item.published_at, UTC).isoformat() if item.published_at else "?"
                )
                beginning = " ".join(text.split())[:SHOWN]
                print(f"--- {article_id} | {item.outlet} | {when}\n{title}\n{beginning}", file=file)
    print(f"{len(drawn)} of {len(clusters):,} stories of at least {options.least} articles: {options.out}")


if __name__ == "__main__":
    main()
