"""The switches: what they are, what they may hold, and how they are set."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from .albums import is_id

PEERS = ("off", "spotify", "google", "both")
RETRY_AFTER = ("seconds", "date", "negative", "absent")
SHEETS = (
    "normal",
    "hidden",
    "sign-in",
    "missing",
    "throttled",
    "broken",
    "html",
    "empty",
    "header-only",
    "half",
    "truncated",
    "short-length",
    "packed",
    "endless",
    "gzip-bomb",
    "private-redirect",
)
PRIVATE_ADDRESS = "http://169.254.169.254/latest/meta-data/"
LONGEST_ADDRESS = 2_000  # characters
LONGEST_WAIT = 30 * 86_400  # seconds; longer than any wait that was ever seen
MOST_CALLS = 1_000_000


class Refused(ValueError):
    """A switch that does not exist, or a value that it cannot hold."""


@dataclass(frozen=True)
class State:
    """Every switch with its normal position."""

    slow: bool = False
    rate_limit_calls: int = 0
    rate_limit_seconds: int = 8
    retry_after: str = "seconds"
    limited_percent: int = 0
    limited_seconds: int = 1
    quota_exceeded: bool = False
    quota_seconds: int = 48_925
    network_lost: str = "off"
    hang: str = "off"
    drip: str = "off"
    drip_ms: int = 1000
    broken_percent: int = 0
    credentials_refused: bool = False
    premium_missing: bool = False
    extended_mode: bool = False
    failing_albums: tuple[str, ...] = ()
    sheet: str = "normal"
    redirect_to: str = PRIVATE_ADDRESS
    window: str | None = None
    latency_ms: int | None = None
    speed: float = 1.0


def boolean(value: object) -> bool:
    known = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in known:
        return known[value.lower()]
    raise Refused("must be true or false")


def integer(least: int, most: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Refused(f"must be a whole number from {least} to {most}")
        return value

    return parse


def choice(options: tuple[str, ...]) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if value not in options:
            raise Refused(f"must be one of {', '.join(options)}")
        return str(value)

    return parse


def identifiers(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.replace(",", " ").split()
    if not isinstance(value, list) or not all(isinstance(one, str) and is_id(one) for one in value):
        raise Refused("must be a list of album ids, 22 letters and digits each")
    return tuple(value)


def window(value: object) -> str | None:
    if value in (None, ""):
        return None
    if isinstance(value, str):
        parse_window(value)
        return value
    raise Refused("must be CALLS:SECONDS, or nothing for no limit")


def parse_window(text: str) -> tuple[int, float]:
    """Return (calls, seconds) of a text such as 90:30."""
    calls, _, seconds = text.partition(":")
    try:
        parsed = int(calls), float(seconds)
    except ValueError:
        raise Refused("must be CALLS:SECONDS, such as 90:30") from None
    if parsed[0] < 1 or not 0 < parsed[1] <= LONGEST_WAIT:
        raise Refused("must allow at least one call, in more than no time")
    return parsed


def address(value: object) -> str:
    """What may stand in a header, however hostile it is."""
    if isinstance(value, str) and value.isprintable() and 0 < len(value) <= LONGEST_ADDRESS:
        return value
    raise Refused("must be an address in one line")


def milliseconds(value: object) -> int | None:
    return None if value in (None, "") else integer(0, 600_000)(value)


def factor(value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]  # what is no number raises, as it should
    except (TypeError, ValueError):
        raise Refused("must be a number") from None
    if isinstance(value, bool) or not math.isfinite(number) or not 0 <= number <= 100:
        raise Refused("must be from 0 (no waiting) to 100")
    return number


PARSERS: dict[str, Callable[[object], Any]] = {
    "slow": boolean,
    "rate_limit_calls": integer(0, MOST_CALLS),
    "rate_limit_seconds": integer(1, LONGEST_WAIT),
    "retry_after": choice(RETRY_AFTER),
    "limited_percent": integer(0, 100),
    "limited_seconds": integer(1, LONGEST_WAIT),
    "quota_exceeded": boolean,
    "quota_seconds": integer(1, LONGEST_WAIT),
    "network_lost": choice(PEERS),
    "hang": choice(PEERS),
    "drip": choice(PEERS),
    "drip_ms": integer(0, 60_000),
    "broken_percent": integer(0, 100),
    "credentials_refused": boolean,
    "premium_missing": boolean,
    "extended_mode": boolean,
    "failing_albums": identifiers,
    "sheet": choice(SHEETS),
    "redirect_to": address,
    "window": window,
    "latency_ms": milliseconds,
    "speed": factor,
}


@dataclass(frozen=True)
class Answer:
    """What Spotify answers at one path, whoever asks."""

    body: bytes
    status: int = 200
    kind: str = "application/json"


@dataclass
class Behaviour:
    """The switches as they are now, and as they were at the start."""

    start: State = State()
    now: State = field(init=False)
    custom_sheet: bytes | None = None
    custom_answers: dict[str, Answer] = field(default_factory=dict)  # by path
    tokens_expired: int = 0  # how often all tokens were declared invalid

    def __post_init__(self) -> None:
        self.now = self.start

    def apply(self, wishes: Mapping[str, object]) -> None:
        """Set all the given switches, or none: raises Refused with the reason.

        `reset` puts everything back as at the start, a sheet and answers of one's own included,
        before the other keys are looked at; `expire_tokens` makes every issued token invalid.
        """
        unknown = sorted(set(wishes) - set(PARSERS) - {"reset", "expire_tokens"})
        if unknown:
            raise Refused(f"{unknown[0]}: there is no such switch")
        parsed = {}
        for name, value in wishes.items():
            try:
                parsed[name] = PARSERS.get(name, boolean)(value)
            except Refused as refusal:
                raise Refused(f"{name}: {refusal}") from None
        if parsed.pop("reset", False):
            self.now = self.start
            self.custom_sheet = None
            self.custom_answers = {}
        if parsed.pop("expire_tokens", False):
            self.tokens_expired += 1
        self.now = replace(self.now, **parsed)

    def affects(self, switch: str, service: str) -> bool:
        """Say whether `network_lost`, `hang` or `drip` is on for spotify or google."""
        return getattr(self.now, switch) in (service, "both")

    def take_rate_limit(self) -> bool:
        """Use up one of the next calls to be refused; False when none is left."""
        if self.now.rate_limit_calls == 0:
            return False
        self.now = replace(self.now, rate_limit_calls=self.now.rate_limit_calls - 1)
        return True

    def changed(self) -> set[str]:
        """Return the names of the switches that stand otherwise than normal."""
        normal = State()
        return {
            one.name
            for one in fields(State)
            if getattr(self.now, one.name) != getattr(normal, one.name)
        }

    def as_json(self) -> dict[str, Any]:
        """Return every switch, the length in bytes of a sheet of one's own (or null), and how many
        answers are one's own."""
        length = None if self.custom_sheet is None else len(self.custom_sheet)
        state: dict[str, Any] = json.loads(json.dumps(asdict(self.now)))
        return {**state, "custom_sheet_bytes": length, "custom_answers": len(self.custom_answers)}
