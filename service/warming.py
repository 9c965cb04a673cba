"""How is the first article decided as fast as the next? Compiled code is loaded, or made, on samples first.

With a cache this takes about a second; without one, after an update, half a minute. Nothing is stored.
"""

from __future__ import annotations

from itertools import count

from service.incoming import prepare_article
from service.model import Article, WindowArticle
from service.settings import Settings
from service.sketch.sketch import Sketcher
from service.stories.place import Owner
from service.weights import model_of

COMMON = (
    "The harbour authority confirms that the ferry was brought to the quay at noon and that nobody was hurt. "
)
TITLE = "Ferry at the quay"
SAMPLES = (
    COMMON * 2
    + "Lifeboats had been called before dawn, when thick fog lay over the bay, said the keeper of the light.",
    COMMON * 2
    + "Lifeboats had been called before dawn, when thick fog lay over the bay, said the keeper of the tower.",
    "Divers will look at the hull on Monday. "
    + COMMON
    + "Shops on the western quay expect late deliveries all week.",
    "أعلنت سلطة الميناء أن العبارة وصلت إلى الرصيف ظهر اليوم وأن أحدا لم يصب بأذى، وسيفحص الغواصون بدنها.",
)


def warm_preparing(settings: Settings) -> None:
    """Load what preparing needs: extraction, cleaning, language, sketching."""
    sketcher = Sketcher(settings.sketch_parameters())
    for n, text in enumerate(SAMPLES):
        prepare_article(sketcher, Article(str(n), text, TITLE), 0.0)


def warm_placing(settings: Settings) -> tuple[Owner, list[WindowArticle]]:
    """Load what placing needs: the indexes and the evidence. Returns an owner with samples in its window."""
    sketcher, numbers = Sketcher(settings.sketch_parameters()), count()
    owner = Owner(settings, model_of(settings), new_story_id=lambda: f"sample-{next(numbers)}")
    items = [
        WindowArticle(str(n), 1, str(n), "en", True, None, 0.0, sketcher.sketch(TITLE, text))
        for n, text in enumerate(SAMPLES)
    ]
    owner.place(*items)
    return owner, items


def warm_deciding(settings: Settings) -> None:
    """Load what an owner of decisions needs: preparing, placing, questions, departures."""
    warm_preparing(settings)
    owner, items = warm_placing(settings)
    owner.match(items[0])
    owner.compare(items[0], items[2])
    owner.remove(items[1].article_id)
