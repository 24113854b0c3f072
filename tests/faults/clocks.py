"""Wall clocks that jump, one for each process, by libfaketime. Monotonic clocks stay right, as the
kernel's do when an administrator or a time server sets the clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import libfaketime


class Clock:
    """The wall clock of whatever is started with `environment`; as right as ours at first."""

    def __init__(self, file: Path, wrong_by: timedelta = timedelta()) -> None:
        self._file = file
        self.jump(wrong_by)

    @property
    def environment(self) -> dict[str, str]:
        _, preloaded = libfaketime.get_reload_information()
        return {**preloaded, "FAKETIME_TIMESTAMP_FILE": str(self._file)}

    def jump(self, wrong_by: timedelta) -> None:
        """Be wrong by so much from now on."""
        self.wrong_by = wrong_by
        # In place of the file, so that nobody reads half of it.
        new = self._file.with_suffix(".new")
        new.write_text(f"{wrong_by.total_seconds():+.6f}\n")
        new.replace(self._file)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.wrong_by
