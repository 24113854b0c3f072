"""What a page says where the log that it tells of has been changed by somebody or something."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from syncengine.http import HttpError
from syncengine.models import SPOILED

logger = logging.getLogger("groovelog.pages")


@contextmanager
def of_a_sound_log() -> Iterator[None]:
    """Events are checked when they are appended, so none of a sound log lacks anything. Raises
    HttpError (409) where one does."""
    try:
        yield
    except SPOILED as error:
        logger.error("an event cannot be told: %r", error)
        raise HttpError(
            409,
            "log-does-not-hold",
            "What was recorded here cannot be read any more: somebody or something has changed it.",
            "The page of the proof verifies the log and says up to which position it holds. An"
            " export has what is left.",
        ) from error
