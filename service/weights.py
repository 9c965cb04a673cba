"""Which same-event model does this installation use? The shipped one, or a file that `samestory train`
wrote."""

from __future__ import annotations

import orjson

from service.errors import StoreMismatch
from service.settings import Settings
from service.stories.same_event import SameEventModel, default_model, from_json


def model_of(settings: Settings) -> SameEventModel:
    """The model that the settings name.

    Raises:
        StoreMismatch: the file is missing or does not fit this version.
    """
    if settings.weights is None:
        return default_model()
    try:
        return from_json(orjson.loads(settings.weights.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreMismatch(
            f"The weights {settings.weights} cannot be used ({type(error).__name__}): train them again with "
            "`samestory train`, or unset SAMESTORY_WEIGHTS."
        ) from error
