#!/usr/bin/env python3
"""Whether a process of Groovelog works: `healthy.py web [PORT]` or `healthy.py worker [PID]`.

Exit 0 if so, 1 with the reason if not. `--wait SECONDS` gives it so long to become well. For health
checks of containers, for systemd, and for whoever replaces processes one after the other; it is
small, and starts none of the product's own code, so that it can be asked every few seconds.

Reads `ALLOWED_HOSTS` (web) and `DATABASE_URL` (worker) as the product does from the environment.
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
SILENT_S = 30
SEEN = (
    "SELECT 1 FROM syncengine_workerpresence"
    " WHERE name LIKE %s AND seen_at > now() - make_interval(secs => %s)"
)


def web(port: int) -> str:
    """Why the web process at this port of this machine does not work; empty where it does."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".") or "localhost"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_LIMIT_S)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        answer = connection.getresponse()
        said = answer.read(1000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"port {port}: {error or type(error).__name__}"
    finally:
        connection.close()
    return "" if answer.status == 200 else f"port {port} answers {answer.status}: {said}"


def worker(pid: int | None) -> str:
    """Why this worker of this machine, or without a number any of this machine or container, does
    not work; empty where it does."""
    import psycopg

    name = f"{socket.gethostname()}:{'' if pid is None else f'{pid}:'}"  # as `SyncWorker` begins it
    try:
        with psycopg.connect(
            os.environ["DATABASE_URL"], connect_timeout=ANSWER_LIMIT_S
        ) as database:
            found = database.execute(SEEN, [f"{name}%", SILENT_S]).fetchone()
    except (psycopg.Error, KeyError) as error:
        return f"{type(error).__name__}: {json.dumps(str(error).splitlines()[:1])}"
    return "" if found else f"no worker {name} has been seen for {SILENT_S} s"


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
