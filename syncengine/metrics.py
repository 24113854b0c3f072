"""What this process counts and measures of itself, for Prometheus.

The README has a table of every name. Labels have few values, all of them from our own code: no
name of a person or of an album may become one.
"""

from collections.abc import Iterable
from datetime import datetime
from hmac import compare_digest
from http import HTTPStatus

from django.conf import settings
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

# They would be a series more for each counter, and tell nothing here.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

# Upper bounds in seconds, up to what the database lets somebody wait for the log's head.
APPEND_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
FANOUT_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
STATUSES = {str(status.value) for status in HTTPStatus}
OTHER_STATUS = "other"  # a number that HTTP does not know: anybody may answer any

_events_appended = Counter(
    "groovelog_events_appended_total",
    "Events that this process appended.",
    ["kind"],
    registry=REGISTRY,
)
_append_seconds = Histogram(
    "groovelog_append_seconds",
    "From the wish to append to the commit, the wait for the head of the log included.",
    buckets=APPEND_BOUNDS_S,
    registry=REGISTRY,
)
_fanout_seconds = Histogram(
    "groovelog_fanout_seconds",
    "From an event's own time until it was written to the sockets of this process.",
    buckets=FANOUT_BOUNDS_S,
    registry=REGISTRY,
)
sockets = Gauge("groovelog_sockets", "Browsers' sockets in this process.", registry=REGISTRY)
_sockets_limit = Gauge(
    "groovelog_sockets_limit", "How many sockets this process takes.", registry=REGISTRY
)
_sockets_closed = Counter(
    "groovelog_sockets_closed_total",
    "Sockets that this process closed, by close code; 4408 are slow readers.",
    ["code"],
    registry=REGISTRY,
)
_upstream_calls = Counter(
    "groovelog_upstream_calls_total",
    "Calls to Google and Spotify by this process, every try of each.",
    ["service", "status"],
    registry=REGISTRY,
)
upstream_allowance = Gauge(
    "groovelog_upstream_allowed_calls",
    "Calls in 30 seconds that the limiter of this process allows at present.",
    ["service"],
    registry=REGISTRY,
)


def appended(kinds: Iterable[str], seconds: float) -> None:
    """Count the events of one transaction that is committed, and how long it took."""
    for kind in kinds:
        _events_appended.labels(kind).inc()
    _append_seconds.observe(seconds)


def fanned_out(times: Iterable[str], now: datetime) -> None:
    """Measure how old events were, by their own times, when the sockets had them."""
    for at in times:
        # Two clocks of two machines may differ by more than the way takes.
        _fanout_seconds.observe(max(0.0, (now - datetime.fromisoformat(at)).total_seconds()))


def socket_closed(code: int) -> None:
    """Count a socket that was closed with one of our own close codes."""
    _sockets_closed.labels(str(code)).inc()


def upstream_called(service: str, outcome: str) -> None:
    """Count a call: its status, or in a word why there was none."""
    is_odd = outcome.isdecimal() and outcome not in STATUSES
    _upstream_calls.labels(service, OTHER_STATUS if is_odd else outcome).inc()


def serves_sockets(limit: int, close_codes: Iterable[int]) -> None:
    """Say that this process takes so many sockets, and show what it counts of them from 0 on."""
    _sockets_limit.set(limit)
    for code in close_codes:
        _sockets_closed.labels(str(code))


def is_scraper(authorization: str) -> bool:
    """Whether this `Authorization` header shows `METRICS_TOKEN`."""
    scheme, _, token = authorization.partition(" ")
    wanted: str = settings.METRICS_TOKEN
    # Where a byte is no UTF-8, aiohttp gives a surrogate, which does not become one by itself.
    is_right = compare_digest(token.strip().encode(errors="surrogatepass"), wanted.encode())
    return bool(wanted) and scheme.lower() == "bearer" and is_right
