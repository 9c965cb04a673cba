"""Which articles of the window are in which story? Numbers for kernels, ids for everybody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from service.index.memory import roomier
from service.model import Int32, Int64
from service.sketch.jit import kernel

_NONE = -1

# What the kernels see: the number of each slot's story, the size of each story, its newest member, the member
# that came into the story before each slot, and the next new number in an array of one.
MembershipArrays = tuple[Int32, Int32, Int32, Int32, Int64]


class Membership:
    """Stories by number and id, with their members by slot. A story without members is forgotten; its number
    is not used again."""

    def __init__(self) -> None:
        self._story_at: Int32 = np.zeros(1024, np.int32)  # stale where the article has gone
        self._sizes: Int32 = np.zeros(1024, np.int32)
        self._newest: Int32 = np.full(1024, _NONE, np.int32)
        self._before: Int32 = np.zeros(1024, np.int32)
        self._next: Int64 = np.zeros(1, np.int64)
        self._ids: dict[int, str] = {}
        self._numbers: dict[str, int] = {}

    @property
    def arrays(self) -> MembershipArrays:
        """What kernels work on, until room is made."""
        return self._story_at, self._sizes, self._newest, self._before, self._next

    def make_room(self, slots: int, stories: int) -> None:
        """Have room for so many slots in all, and so many further stories."""
        while len(self._story_at) < slots:
            self._story_at = roomier(self._story_at, 2 * len(self._story_at))
            self._before = roomier(self._before, 2 * len(self._before))
        while len(self._sizes) < self._next[0] + stories:
            self._sizes = roomier(self._sizes, 2 * len(self._sizes))
            self._newest = np.concatenate((self._newest, np.full_like(self._newest, _NONE)))

    def __getitem__(self, slot: int) -> str:
        """The id of the story of an article in the window."""
        return self._ids[int(self._story_at[slot])]

    def named(self, number: int, new_story_id: Callable[[], str]) -> str:
        """The id of a story by its number; one that a kernel has founded is named now."""
        if number not in self._ids:
            self._name(number, new_story_id())
        return self._ids[number]

    def of(self, story_id: str) -> Sequence[int]:
        """The slots of a story's articles, in order."""
        number = self._numbers.get(story_id)
        slots: list[int] = [] if number is None else members_of(number, self.arrays).tolist()
        return slots

    def size(self, story_id: str) -> int:
        """How many articles a story has in the window."""
        number = self._numbers.get(story_id)
        return 0 if number is None else int(self._sizes[number])

    def put(self, slot: int, story_id: str) -> None:
        """Put an article that is in no story into one, which is made if there is none of this id."""
        self.make_room(slot + 1, 1)
        number = self._numbers.get(story_id)
        if number is None:
            number = int(self._next[0])
            self._name(number, story_id)
        join_story(slot, number, self.arrays)

    def take(self, slot: int) -> None:
        """Take an article out of its story."""
        number = int(self._story_at[slot])
        _leave_story(slot, self.arrays)
        if not self._sizes[number]:
            del self._numbers[self._ids.pop(number)]

    def move(self, slot: int, story_id: str) -> None:
        """Put an article into another story."""
        self.take(slot)
        self.put(slot, story_id)

    def renumber(self, slots: Int32) -> None:
        """Articles lie in new slots; `slots` are the old ones of the new 0, 1, 2..."""
        story_ids = [self[old] for old in slots.tolist()]
        self.__init__()  # type: ignore[misc]
        for slot, story_id in enumerate(story_ids):
            self.put(slot, story_id)

    def _name(self, number: int, story_id: str) -> None:
        self._ids[number], self._numbers[story_id] = story_id, number


@kernel
def join_story(slot: int, story: int, membership: MembershipArrays) -> None:
    """Put an article that is in no story into one, or into a new one of the next number."""
    story_at, sizes, newest, before, following = membership
    if story == following[0]:
        sizes[story], newest[story] = 0, _NONE
        following[0] += 1
    before[slot], newest[story] = newest[story], slot
    story_at[slot] = story
    sizes[story] += 1


@kernel
def _leave_story(slot: int, membership: MembershipArrays) -> None:
    story_at, sizes, newest, before, _ = membership
    story = story_at[slot]
    sizes[story] -= 1
    at = newest[story]
    if at == slot:
        newest[story] = before[slot]
        return
    while before[at] != slot:
        at = before[at]
    before[at] = before[slot]


@kernel
def members_of(story: int, membership: MembershipArrays) -> Int32:
    """Return the slots of a story's articles, in order."""
    _, sizes, newest, before, _ = membership
    slots = np.empty(sizes[story], np.int32)
    at = newest[story]
    for k in range(len(slots)):
        slots[k] = at
        at = before[at]
    return np.sort(slots)
