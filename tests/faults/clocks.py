"""A process whose clock on the wall is wrong, or ahead of its time; what it measures spans of time
with goes right."""

import sys

from libfaketime import get_reload_information


def clock_ahead(seconds: float) -> dict[str, str]:
    """The environment of a process that believes it to be so much later."""
    assert sys.platform == "linux"
    _, environment = get_reload_information()
    return {**environment, "FAKETIME": f"{seconds:+}s"}
