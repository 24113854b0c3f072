"""`python -m project.demo --port 8001`: arguments, socket, and when to leave."""

import argparse
import errno
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

from aiohttp import web

from . import albums, generated
from .app import build
from .behaviour import PARSERS, Refused, State

HOST = "127.0.0.1"
PORT_TAKEN = 98  # exit code; the number of EADDRINUSE on Linux
PATIENCE = 2.0  # seconds for the demo of a run just before this one to leave its port
SHUTDOWN = 1.0  # seconds that calls under way are given when the server is stopped


def main() -> None:
    options = parse(sys.argv[1:])
    if options.albums is None:
        library = albums.load()
    else:
        library = generated.library(options.albums, with_ids=options.with_ids, seed=options.seed)
    start = State(speed=options.speed, latency_ms=options.latency_ms, window=options.window)
    try:
        listener = listen(options.port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(f"The demo cannot start: port {options.port} is taken.", file=sys.stderr)  # noqa: T201
        sys.exit(PORT_TAKEN)
    if options.exit_with_parent:
        # Ctrl-C reaches the whole group; here the parent decides, and its end is ours.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=leave_with_parent, daemon=True).start()
    print(f"The demo is at http://{HOST}:{listener.getsockname()[1]}/", flush=True)  # noqa: T201
    web.run_app(
        build(library, start, seed=options.seed),
        sock=listener,
        print=None,
        access_log=None,
        handle_signals=not options.exit_with_parent,
        shutdown_timeout=SHUTDOWN,
        handler_cancellation=True,  # a call whose caller has gone is no longer under way
    )


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m project.demo", description="Play Google Sheets and Spotify on loopback."
    )
    parser.add_argument("--port", type=int, default=8001, help="0 takes any free port")
    parser.add_argument(
        "--speed", type=value("speed"), default=1.0, help="factor on all waiting, 0 for none"
    )
    parser.add_argument(
        "--latency-ms", type=value("latency_ms"), help="fixed latency of Spotify, in milliseconds"
    )
    parser.add_argument(
        "--window", type=value("window"), help="CALLS:SECONDS that Spotify accepts at most"
    )
    parser.add_argument("--albums", type=int, help="serve this many made-up albums instead")
    parser.add_argument("--with-ids", action="store_true", help="give their ids in the sheet")
    parser.add_argument("--seed", type=int, default=1, help="of made-up albums and latencies")
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="leave when standard input ends"
    )
    options = parser.parse_args(arguments)
    if not 0 <= options.port <= 65535:
        parser.error("--port must be from 0 to 65535")
    if options.albums is not None and not 0 <= options.albums <= generated.MOST:
        parser.error(f"--albums must be from 0 to {generated.MOST}")
    return options


def value(name: str) -> Callable[[str], object]:
    """Return a converter that holds an argument to the same bounds as the switch of that name."""

    def convert(text: str) -> object:
        try:
            return PARSERS[name](text)
        except Refused as refusal:
            raise argparse.ArgumentTypeError(str(refusal)) from None

    return convert


def listen(port: int) -> socket.socket:
    """Return a listening socket on loopback; raises OSError where the port stays taken."""
    deadline = time.monotonic() + PATIENCE
    while True:
        listener = socket.socket()
        # Without this a restart would have to wait for the old connections' TIME_WAIT to pass.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(128)
            return listener
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def leave_with_parent() -> None:
    """End this process when standard input ends: the other end of the pipe was our parent.

    The kernel closes the pipe however the parent dies, kill -9 included. There is nothing to
    save here, so the process goes at once.
    """
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
