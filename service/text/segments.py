"""Where does a text turn to another subject, so that its words no longer speak for the first story?

A paragraph must announce the turn ("on another subject, ...") and what the story was about must not come
up again (Hearst 1997: a subject's words stop where it ends); either sign alone is common in one story.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from service.text.normalise import fold_words

# How a paragraph says that it turns elsewhere: connectives of the language.
_PHRASES = (
    *("من جهة أخرى", "من جهة ثانية", "من ناحية أخرى", "من ناحية ثانية", "من جانب آخر", "على صعيد آخر"),
    *("على صعيد منفصل", "في سياق آخر", "في سياق منفصل", "في شأن آخر", "في موضوع آخر", "في خبر آخر"),
    *("on another subject", "on another matter", "on a separate", "in a separate", "separately"),
    *("in other news", "in another development", "in other developments", "elsewhere"),
    *("par ailleurs", "d'autre part", "dans un autre registre", "sur un autre registre"),
    *("dans un autre contexte", "sur un autre plan", "dans une autre affaire"),
    *("por otra parte", "por otro lado", "en otro orden de cosas", "en otro asunto", "en otras noticias"),
    *("in einem anderen fall", "in einer anderen sache", "unabhängig davon"),
    *("por outro lado", "noutro assunto", "em outro caso", "d'altra parte", "in un'altra vicenda"),
    *("öte yandan", "diğer yandan", "از سوی دیگر"),
)

# Of 52 such turns read by hand in Arabic and English news: where more than this share of what the story was
# about came up again, the story went on. (New words tell nothing: any later paragraph brings as many.)
_KEPT_SUBJECT = 0.3
_FEWEST_SUBJECTS = 5  # fewer say too little
_LEAST_WORDS = 40  # of a first story
_LEAST_SHARE = 1 / 3  # of its words that a further story has; a shorter end does little harm where it is
_MOST_TURNS = 8  # what turns more often is no page of a few stories, and each turn reads the whole text

# The first letters of each longer word, without what Arabic joins to it ("and", "the"): crude, but for any
# language.
_STEM = re.compile(r"\b(?=\w{4})(?:[وف]?(?:[بكل]?ال|لل)(?=\w{3}))?(\w{1,5})")


def divide(paragraphs: Sequence[str], title: str = "") -> list[range]:
    """Return the runs of paragraphs that belong to one story each; the first is the main story.

    >>> divide(["One story.", "It goes on."])
    [range(0, 2)]
    """
    turns = [i for i, paragraph in enumerate(paragraphs) if i and _turns(paragraph)]
    if not turns:
        return [range(len(paragraphs))]
    starts = [0]
    for turn in turns[:_MOST_TURNS]:
        before = paragraphs[starts[-1] : turn]
        if _is_another_story(title if len(starts) == 1 else "", before, paragraphs[turn:]):
            starts.append(turn)
    return [range(start, stop) for start, stop in zip(starts, [*starts[1:], len(paragraphs)], strict=True)]


def _turns(paragraph: str) -> bool:
    return paragraph[:_PEEK] in _BEGINNINGS and paragraph.startswith(_OPENINGS)


def _is_another_story(title: str, before: Sequence[str], after: Sequence[str]) -> bool:
    words = _word_count(before)
    if words < _LEAST_WORDS or _word_count(after) < _LEAST_SHARE * words:
        return False
    subjects = _subjects(_stems([title, before[0]]), _stems(before[1:]))
    kept = subjects.intersection(_stems(after))
    return len(subjects) >= _FEWEST_SUBJECTS and len(kept) <= _KEPT_SUBJECT * len(subjects)


def _subjects(beginning: Sequence[str], rest: Sequence[str]) -> set[str]:
    """Return what a story is about: the words of its title and first paragraph that come more than once."""
    counts = Counter(beginning)
    again = {stem for stem, count in counts.items() if count > 1}
    return again | counts.keys() & rest


def _word_count(paragraphs: Sequence[str]) -> int:
    return sum(paragraph.count(" ") + 1 for paragraph in paragraphs)


def _stems(paragraphs: Sequence[str]) -> list[str]:
    return _STEM.findall(fold_words("\n".join(paragraphs)))


def _written_forms(phrase: str) -> list[str]:
    """Return a phrase as paragraphs may begin with it: capital letter, hamza left out, "and" before it."""
    plain = phrase.translate(str.maketrans("أآ", "اا"))
    capital = phrase[0].upper() + phrase[1:]
    return [phrase, capital, plain, f"و{phrase}", f"و{plain}"]


_PEEK = 4  # characters that rule out nearly every paragraph at once
_OPENINGS = tuple(form for phrase in _PHRASES for form in _written_forms(phrase))
_BEGINNINGS = frozenset(opening[:_PEEK] for opening in _OPENINGS)
