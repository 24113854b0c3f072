"""`manage.py verifylog`: whether anybody has touched the record."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from syncengine import guard


class Command(BaseCommand):
    help = (
        "Check the hash chain of the log, its fold, the database's triggers and the checkpoints."
        " Exit 1 with the first bad position where something does not hold."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        report = guard.check()
        if report.is_sound:
            self.stdout.write(f"The log holds from position 1 to {report.head}.")
            return
        for problem in report.problems:
            self.stderr.write(problem)
        where = f" First bad position: {report.first_bad}." if report.first_bad is not None else ""
        raise CommandError(f"The log does not hold beyond position {report.holds_to}.{where}")
