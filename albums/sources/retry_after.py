"""Reading the Retry-After header (RFC 9110, section 10.2.3)."""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_S = 7 * 24 * 3600  # an absurd answer must not park a sync for ever
_SECONDS = re.compile(r"\+?(\d{1,12})(?:\.\d{0,9})?")


def retry_after(value: str | None, default_s: int, now: datetime | None = None) -> int:
    """Return how many seconds to wait, rounded up, from 0 to seven days.

    `value` is the header's: seconds or an HTTP date. Where it is absent, negative or neither,
    `default_s` is returned. `now` is the time in UTC that a date is compared with.
    """
    text = (value or "").strip()[:100]
    if match := _SECONDS.fullmatch(text):
        return min(math.ceil(float(match[0])), LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return default_s
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    wait_s = (until - (now or datetime.now(UTC))).total_seconds()
    return min(max(math.ceil(wait_s), 0), LONGEST_WAIT_S)
