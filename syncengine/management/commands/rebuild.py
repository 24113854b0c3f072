"""`manage.py rebuild`: catalog, operations and status made again from the log, and compared."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from syncengine.projection import Gap
from syncengine.rebuild import Unfinished, differences, replace


class Command(BaseCommand):
    help = "Make every projection again from the log and compare. Exit 1 at a difference."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--apply",
            action="store_true",
            help="put what the log says in the place of what differs, and exit 0",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = self._told(replace() if options["apply"] else differences())
        except Gap as gap:
            raise CommandError(f"The log itself does not hold: {gap}. Run verifylog.") from None
        except Unfinished as unfinished:
            raise CommandError(
                f"Sync {unfinished} has not ended. Wait for its end or cancel it, then try again;"
                " nothing was changed."
            ) from None
        if options["apply"] and found:
            self.stdout.write(f"{found} differences are mended: all is as the log says.")
        elif found:
            raise CommandError(f"{found} differences between the log and what was made from it.")
        else:
            self.stdout.write("Catalog, operations and status are exactly what the log says.")

    def _told(self, found: Any) -> int:
        count = 0
        for difference in found:
            self.stderr.write(difference)
            count += 1
        return count
