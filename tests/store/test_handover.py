"""Is what was just stored at hand once, and nothing kept that nobody will ask for?"""

from __future__ import annotations

from service.store.handover import MOST, Handover

SKETCH = b"a packed sketch"


def test_a_sketch_is_handed_over_once() -> None:
    handover = Handover()
    handover.put([(1, SKETCH), (2, SKETCH), (3, SKETCH)])
    assert handover.take([1, 2]) == {1: SKETCH, 2: SKETCH}
    assert handover.take([1, 2]) == {}
    assert handover.take([3, 4]) == {3: SKETCH}


def test_what_was_passed_over_is_let_go() -> None:
    handover = Handover()
    handover.put([(1, SKETCH), (2, SKETCH), (3, SKETCH)])
    assert handover.take([2]) == {2: SKETCH}
    assert handover.take([1, 2, 3]) == {3: SKETCH}
    assert handover.take([]) == {}


def test_there_is_an_end_to_what_is_held() -> None:
    handover = Handover()
    handover.put((seq, SKETCH) for seq in range(1, MOST + 10))
    taken = handover.take(range(1, MOST + 10))
    assert list(taken) == list(range(1, MOST + 1))
