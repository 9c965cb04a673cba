"""Do many hands at once lose or double anything? Submitters, preparers, deleters and one owner together."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import pytest
from corpus import Raw, events
from rig import Rig

from service.errors import Gone

NUMBER = 60  # events, of three copies each


def run_together(*jobs: Callable[[], object]) -> None:
    """Run the jobs in threads; the first failure of any is raised."""
    failures: list[BaseException] = []

    def guarded(job: Callable[[], object]) -> None:
        try:
            job()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@pytest.mark.timeout(600)
def test_many_hands(rig: Rig) -> None:
    raws = events(NUMBER)
    unwanted = [f"x{n}" for n in range(20)]
    submitted = threading.Event()

    def submitting(part: list[Raw], batch: int) -> Callable[[], None]:
        def job() -> None:
            for start in range(0, len(part), batch):
                rig.submit(*part[start : start + batch])

        return job

    def deleting() -> None:
        rng = random.Random(2)
        for name in unwanted:
            rig.submit({**rng.choice(raws), "id": name, "outlet": "Unwanted"})
        for name in unwanted:
            rig.delete(name, owner_away=True)

    def all_submitting() -> None:
        run_together(
            *(submitting(raws[k::3], 1 + 4 * k) for k in range(3)), submitting(raws[:90], 7), deleting
        )
        submitted.set()

    def preparing() -> None:
        while not submitted.is_set() or rig.prepare():
            rig.prepare()

    def placing() -> None:
        while not submitted.is_set() or rig.store.counts().keys() & {"received", "prepared"}:
            rig.place(11)

    run_together(all_submitting, preparing, preparing, placing)
    rig.place()
    assert rig.store.counts() == {"placed": 3 * NUMBER, "deleted": len(unwanted)}
    assert rig.stories() == {frozenset(f"e{n}-{copy}" for copy in range(3)) for n in range(NUMBER)}
    assert not any(name in rig.owner for name in unwanted)
    for name in unwanted:
        with pytest.raises(Gone):
            rig.store.articles.get(name)
    assert len(rig.owner) == 3 * NUMBER
    seqs = [change.seq for change in rig.store.changes(0, 100_000)]
    assert seqs == list(range(1, len(seqs) + 1))
