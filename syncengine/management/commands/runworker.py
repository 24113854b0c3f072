"""`manage.py runworker sync`: Channels' command, with a worker that outlives the channel layer."""

import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from syncengine import log, triggers
from syncengine.fanout import WORKER_CHANNEL
from syncengine.worker import SyncWorker

logger = logging.getLogger("groovelog.worker")


class Command(BaseCommand):
    help = "Run a background worker: it takes syncs from the database, one at a time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("channel", choices=[WORKER_CHANNEL], help="the channel to listen on")

    def handle(self, *args: Any, **options: Any) -> None:
        if missing := triggers.missing():
            raise CommandError(
                f"The database does not protect the log ({', '.join(missing)} missing)."
                " Run manage.py migrate."
            )
        log.head()  # without one there is nothing to work on
        worker = SyncWorker()
        greeting = f"Worker {worker.name} waits for syncs. Stop it with Control-C."
        if settings.LOG_FORMAT == "json":
            logger.info(greeting)
        else:
            self.stdout.write(greeting)
        worker.run()
