"""Whether the channel layer brings back what this process sends to its own group.

Nothing else tells: a layer that hangs raises nothing, and one that was flushed takes messages and
has nobody to give them to.
"""

import time

LATE_S = 3.0  # a channel layer that works brings it back long before


class Echo:
    """Of whatever was sent last; several messages may be under way."""

    def __init__(self) -> None:
        self._due_since: float | None = None

    def sent(self) -> None:
        if self._due_since is None:
            self._due_since = time.monotonic()

    def heard(self) -> None:
        self._due_since = None

    @property
    def is_due(self) -> bool:
        return self._due_since is not None

    @property
    def is_late(self) -> bool:
        return self._due_since is not None and time.monotonic() - self._due_since > LATE_S
