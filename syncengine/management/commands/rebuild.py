"""`manage.py rebuild`: catalog, operations and status made again from the log, and compared."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from syncengine.rebuild import differences


class Command(BaseCommand):
    help = "Make every projection again from the log and compare. Exit 1 at a difference."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for difference in differences():
            self.stderr.write(difference)
            count += 1
        if count:
            raise CommandError(f"{count} differences between the log and what was made from it.")
        self.stdout.write("Catalog, operations and status are exactly what the log says.")
