"""A process that notes every query: `DJANGO_SETTINGS_MODULE=tests.faults.counting_settings`.

`QUERIES` is a file that takes a line for each: the name of the thread and the monotonic time in
seconds.
"""

import os
import threading
import time
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created

SETTINGS = "tests.faults.counting_settings"


def counting(queries: Path) -> dict[str, str]:
    """The environment of a process that counts."""
    return {"DJANGO_SETTINGS_MODULE": SETTINGS, "QUERIES": str(queries)}


class CountingConfig(AppConfig):
    name = "tests.faults.counting"

    def ready(self) -> None:
        file = os.open(os.environ["QUERIES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

        def count(execute: Any, *query: Any) -> Any:
            line = f"{threading.current_thread().name} {time.monotonic()}\n"
            os.write(file, line.encode())
            return execute(*query)

        def wrap(connection: Any, **kwargs: Any) -> None:
            if count not in connection.execute_wrappers:  # they outlive what they were made for
                connection.execute_wrappers.append(count)

        connection_created.connect(wrap, weak=False)
