"""What was called, how it was answered, and how many calls were under way at once."""

import statistics
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

SHOWN = 40  # calls that the control page and GET /calls list
KEPT_TIMES = 50_000  # arrivals and durations; a benchmark makes a fifth of that


@dataclass(frozen=True)
class Call:
    at: str
    service: str
    method: str
    path: str
    answer: str
    milliseconds: int


@dataclass
class Ledger:
    """Counts calls to the two services; covers and the control page do not count."""

    started: float = field(default_factory=time.monotonic)
    in_flight: int = 0
    max_overlap: int = 0
    by_endpoint: dict[str, Counter[str]] = field(default_factory=dict)
    recent: deque[Call] = field(default_factory=lambda: deque(maxlen=SHOWN))
    arrivals: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_TIMES))
    durations: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_TIMES))
    first_at: str | None = None
    last_at: str | None = None

    def begin(self, endpoint: str) -> float:
        """Note that a call has come in; returns its start on the monotonic clock, in seconds."""
        now = time.monotonic()
        self.in_flight += 1
        self.max_overlap = max(self.max_overlap, self.in_flight)
        if "/v1/" in endpoint:
            self.arrivals.append(round(now - self.started, 4))
        self.last_at = utc()
        self.first_at = self.first_at or self.last_at
        return now

    def end(
        self, begun: float, endpoint: str, service: str, method: str, path: str, answer: str
    ) -> None:
        """Note how a call ended: `answer` is the status, `dropped` or `hung`."""
        self.in_flight -= 1
        took = time.monotonic() - begun
        self.durations.append(took)
        self.by_endpoint.setdefault(endpoint, Counter())[answer] += 1
        self.recent.appendleft(Call(utc(), service, method, path, answer, round(took * 1000)))

    def reset(self) -> None:
        """Forget everything but the calls that are under way."""
        under_way = self.in_flight
        vars(self).update(vars(Ledger()))
        self.in_flight = self.max_overlap = under_way

    def as_json(self) -> dict[str, Any]:
        """Return the counters; times in milliseconds, `arrivals` in seconds since the reset."""
        answers: Counter[str] = sum(self.by_endpoint.values(), Counter())
        total = answers.total()
        durations = sorted(self.durations) or [0.0]
        return {
            "total": total,
            "in_flight": self.in_flight,
            "max_overlap": self.max_overlap,
            "by_endpoint": {key: dict(count) for key, count in sorted(self.by_endpoint.items())},
            "by_status": dict(answers),
            "refused": answers["429"],
            "refused_share": round(answers["429"] / total, 4) if total else 0.0,
            "times": {
                "first_at": self.first_at,
                "last_at": self.last_at,
                "median_ms": round(statistics.median(durations) * 1000, 1),
                "p95_ms": round(durations[int(len(durations) * 0.95)] * 1000, 1),
                "longest_ms": round(durations[-1] * 1000, 1),
            },
            "arrivals": list(self.arrivals),
            "recent": [asdict(call) for call in self.recent],
        }


def utc() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
