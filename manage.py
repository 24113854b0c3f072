#!/usr/bin/env python3
"""The one entry to every command: `manage.py serve`, `sync`, `verifylog`, ..."""

import os
import sys


def main() -> None:
    # Where it goes into a log, what `serve` and `runworker` say is there when they say it.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    if sys.argv[1:2] == ["serve"] and "--demo" in sys.argv:
        # The settings read the environment once, so the demo must stand before they load.
        from project.demo import launch

        launch.prepare_environment(sys.argv)
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Groovelog cannot start: {error}")
    except Exception as error:
        from syncengine.outages import outage_of

        if (outage := outage_of(error)) is None:
            raise
        sys.exit(f"{outage.message} {outage.remedy} ({error})")


if __name__ == "__main__":
    main()
