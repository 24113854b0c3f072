"""`python -m tests.faults.outside runworker sync`: the product's command, in a network of a test's.

`NAMES` is JSON, {name: [answer, ...]}: what the DNS says of a name when it is asked for the first
time, for the second, and so on; the last answer stays. An answer is a list of [address, port], so
that a name can lead to a socket of the test's. `CALLED` is a file that takes every address to which
a connection was begun. Those that are not loopback are refused: no test may reach the Internet.
`PATIENCE` is a share of the product's limits of time; see `tests.patience`.

The product knows nothing of this: names and sockets are replaced here, in this process alone.
"""

import json
import os
import socket
import sys
from collections import Counter
from typing import Any

import django

from tests import patience


def install(names: dict[str, list[list[tuple[str, int]]]], called: str) -> None:
    from syncengine import worker

    worker.LOOK_S = LOOK_S
    asked: Counter[str] = Counter()
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def looked_up(host: Any, port: Any, *args: Any, **kwargs: Any) -> list[Any]:
        if host not in names:
            return look_up(host, port, *args, **kwargs)
        answers = names[host]
        answer = answers[min(asked[host], len(answers) - 1)]
        asked[host] += 1
        kind = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(socket.AF_INET, *kind, (address, at)) for address, at in answer]

    def connected(self: socket.socket, address: Any) -> None:
        if self.family == socket.AF_UNIX:
            return connect(self, address)
        with open(called, "a") as file:
            file.write(f"{address[0]} {address[1]}\n")
        if not address[0].startswith("127.") and address[0] != "::1":
            raise ConnectionRefusedError("no test may reach the Internet")
        return connect(self, address)

    socket.getaddrinfo = looked_up
    socket.socket.connect = connected  # type: ignore[method-assign, assignment]


LOOK_S = 0.1  # so that many syncs, one after the other, take little time


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    django.setup()
    from django.core.management import call_command

    install(json.loads(os.environ["NAMES"]), os.environ["CALLED"])
    patience.install()
    call_command(*sys.argv[1:])


if __name__ == "__main__":
    main()
