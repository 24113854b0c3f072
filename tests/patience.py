"""`python -m tests.patience serve`: the product's command, with more or less patience.

`PATIENCE` is how many times as long it waits for Google and Spotify as it does by itself. A sync
that stands still at a call does so for as long as a test looks at it, on a busy machine, too.

The product knows nothing of this: its limits are replaced here, in this process alone.
"""

import os
import sys
from dataclasses import replace

import django

VARIABLE = "PATIENCE"
MUCH = {VARIABLE: "30"}  # a quarter of an hour until a sync gives up
LIMITS = ("sheet_limits", "spotify_limits")
PARTS = ("connect_s", "read_s", "total_s")


def install() -> None:
    """Change the limits of time of whatever this process asks; the settings must stand."""
    from albums.sources.http import Http

    times = float(os.environ.get(VARIABLE, 1))
    given = Http.__init__.__kwdefaults__
    for name in LIMITS:
        parts = {part: getattr(given[name], part) * times for part in PARTS}
        given[name] = replace(given[name], **parts)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    from django.core.management import call_command

    install()
    call_command(*sys.argv[1:])


if __name__ == "__main__":
    main()
