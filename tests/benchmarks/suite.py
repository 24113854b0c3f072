"""What there is to measure: a module for each name."""

SUITE = {  # the titles of its sections in `BENCHMARKS.md`
    "fanout": "From one commit to a thousand sockets",
    "reconnects": "A thousand browsers come back",
    "idle_sockets": "The memory of an idle socket",
    "appends": "Appending an event",
    "albums": "A sync, against what the calls alone take",
    "window": "A sync, against a rolling window of calls",
    "worker_memory": "The memory of a worker",
    "replaying": "Replaying the log",
    "connects": "Connecting, however long the log is",
    "at_work": "Browsers at work",
}
STUDIES = (  # printed only
    "browsers",
    "sockets",
    "pages",
    "auditor",
    "replays",
    "resume",
    "weather",
)
