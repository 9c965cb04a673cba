"""How is the first article decided as fast as the next? Compiled code is loaded, or made, on samples first.

With a cache this takes about a second; without one, after an update, half a minute. Nothing is stored.
"""

from __future__ import annotations

from itertools import count

from service.model import Article, WindowArticle
from service.preparation import prepare_article
from service.settings import Settings
from service.sketch.sketch import Sketcher
from service.stories.place import Owner
from service.weights import model_of

COMMON = (
    "The harbour authority confirms that the ferry was brought to the quay at noon and that nobody was hurt. "
)
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


def warm_preparing(settings: Settings) -> list[WindowArticle]:
    """Load what preparing needs: extraction, cleaning, language, sketching."""
    sketcher = Sketcher(settings.sketch_parameters())
    prepared = [
        prepare_article(sketcher, Article(str(n), text, "Ferry at the quay"), 0.0)
        for n, text in enumerate(SAMPLES)
    ]
    return [
        WindowArticle(p.article_id, 1, p.article_id, p.lang, p.lang_certain, p.published_at, 0.0, p.sketch)
        for p in prepared
    ]


def warm_deciding(settings: Settings) -> None:
    """Load what deciding needs as well: the indexes, the evidence, a question."""
    numbers = count()
    owner = Owner(settings, model_of(settings), new_story_id=lambda: f"sample-{next(numbers)}")
    items = warm_preparing(settings)
    owner.place(*items)
    owner.match(items[0])
    owner.compare(items[0], items[2])
    owner.remove(items[1].article_id)
