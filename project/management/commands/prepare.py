"""`manage.py prepare`: what must be done before a web server or a worker starts."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from project import static_files
from syncengine import triggers


class Command(BaseCommand):
    help = (
        "Bring database and static files up to date. On PostgreSQL any number of processes may do"
        " so at the same time: the first one does it, the others wait for it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        static_files.collect()
        if missing := triggers.missing():
            raise CommandError(f"The database does not protect the log: {', '.join(missing)}.")
