#!/usr/bin/env python3
"""Whether a process of Groovelog works: `healthy.py web [PORT]` or `healthy.py worker [PID]`.

Exit 0 if so, 1 with the reason if not. `--wait SECONDS` gives it so long to become well. For health
checks of containers, for systemd, and for whoever replaces processes one after the other; it is
small, and starts none of the product's own code, so that it can be asked every few seconds.

Reads `ALLOWED_HOSTS` (web) and `DATABASE_URL` (worker) as the product does from the environment,
and `LISTEN`, the address at which the web process of a unit listens; without it the loopback.
"""

import argparse
import http.client
import json
import os
import socket
import sys
import time

ANSWER_LIMIT_S = 5
LOOK_S = 0.5
# Workers note every two seconds that they live; a machine may be busy.
SILENT_S = 10
SEEN = "SELECT name, seen_at FROM syncengine_workerpresence WHERE starts_with(name, %s)"


def web(port: int) -> str:
    """Why the web process at this port of this machine does not work; empty where it does."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".") or "localhost"
    address = os.environ.get("LISTEN") or "127.0.0.1"
    connection = http.client.HTTPConnection(address, port, timeout=ANSWER_LIMIT_S)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        answer = connection.getresponse()
        said = answer.read(1000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"port {port}: {error or type(error).__name__}"
    finally:
        connection.close()
    if answer.status == 200 or (answer.status == 503 and _is_only_full(said)):
        return ""
    return f"port {port} answers {answer.status}: {said}"


def _is_only_full(said: str) -> bool:
    """Whether a web process is not ready because it has all the browsers that it may have, which
    is no reason to replace it: they would come all at once to the others."""
    try:
        ready = json.loads(said)
    except ValueError:
        return False
    return isinstance(ready, dict) and ready.get("database") is True


def worker(pid: int | None) -> str:
    """Why this worker of this machine, or without a number any of this machine or container, does
    not work; empty where it does.

    Whether it lives shows by what it writes anew, never by which time that is: its clock may be
    wrong.
    """
    import psycopg

    name = f"{socket.gethostname()}:{'' if pid is None else f'{pid}:'}"  # as `SyncWorker` begins it
    until = time.monotonic() + SILENT_S
    try:
        url = _without_what_only_django_knows(os.environ["DATABASE_URL"])
        with psycopg.connect(url, connect_timeout=ANSWER_LIMIT_S, autocommit=True) as database:
            first = set(database.execute(SEEN, [name]))
            while set(database.execute(SEEN, [name])) <= first:
                if time.monotonic() >= until:
                    return f"no worker {name} has said for {SILENT_S} s that it lives"
                time.sleep(LOOK_S)
    except (psycopg.Error, KeyError) as error:
        return f"{type(error).__name__}: {json.dumps(str(error).splitlines()[:1])}"
    return ""


def _without_what_only_django_knows(url: str) -> str:
    """The URL of a database without parameters such as `conn_max_age`, which libpq refuses."""
    from psycopg.pq import Conninfo

    address, _, query = url.partition("?")
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    kept = [part for part in query.split("&") if part.partition("=")[0] in known]
    return f"{address}?{'&'.join(kept)}"


def main() -> str:
    parser = argparse.ArgumentParser(prog="healthy.py")
    parser.add_argument("what", choices=["web", "worker"])
    parser.add_argument("number", nargs="?", type=int, help="the port (8000), or the worker's PID")
    parser.add_argument("--wait", type=float, default=0, metavar="SECONDS")
    asked = parser.parse_args()
    until = time.monotonic() + asked.wait
    while reason := web(asked.number or 8000) if asked.what == "web" else worker(asked.number):
        if time.monotonic() >= until:
            return reason
        time.sleep(LOOK_S)
    return ""


if __name__ == "__main__":
    sys.exit(main() or 0)
