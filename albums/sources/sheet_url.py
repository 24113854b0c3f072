"""From the link that a person pasted to the address that we call."""

import re
from dataclasses import dataclass

from .errors import SheetNotConfigured, SheetUrlUnreadable

LONGEST_URL = 2_000  # characters of a pasted link that are looked at

# A first path of /u/0/ is the browser's account number; /d/e/ marks a published sheet, whose id
# is another one than the sheet's own.
_PATHS = (
    re.compile(r"/spreadsheets/(?:u/\d{1,3}/)?d/(?P<published>e/)?(?P<id>[A-Za-z0-9_-]{1,200})"),
    re.compile(r"/file/(?:u/\d{1,3}/)?d/(?P<published>)(?P<id>[A-Za-z0-9_-]{1,200})"),
    re.compile(r"/open\?(?:[^#]*&)?(?P<published>)id=(?P<id>[A-Za-z0-9_-]{1,200})"),
    re.compile(r"/ccc\?(?:[^#]*&)?(?P<published>)key=(?P<id>[A-Za-z0-9_-]{1,200})"),
)
_BARE = re.compile(r"[A-Za-z0-9_-]{20,200}")
_PUBLISHED_PREFIX = "2PACX-"
_GID = re.compile(r"[?&#]gid=(\d{1,15})(?!\d)")


@dataclass(frozen=True)
class SheetRef:
    """Which sheet and which tab. `gid` is the tab's number, None for the first tab."""

    id: str
    gid: int | None = None
    published: bool = False


def parse_sheet_url(text: str) -> SheetRef:
    """Return the sheet that a pasted link, or a bare id, means.

    Only an id and a tab are taken from it, never a host. Where the query and the fragment name
    different tabs the fragment counts: it is what the browser showed. A link without a tab
    gets none: a sheet need not have a tab 0.

    Raises SheetNotConfigured for an empty text and SheetUrlUnreadable for any other.
    """
    text = text.strip()[:LONGEST_URL]
    if not text:
        raise SheetNotConfigured()
    if _BARE.fullmatch(text):
        return SheetRef(text, published=text.startswith(_PUBLISHED_PREFIX))
    gids = _GID.findall(text)
    for pattern in _PATHS:
        if match := pattern.search(text):
            return SheetRef(match["id"], int(gids[-1]) if gids else None, bool(match["published"]))
    raise SheetUrlUnreadable()


def export_url(ref: SheetRef, origin: str) -> str:
    """Return the address at `origin` that answers with the tab as CSV.

    The gviz endpoint is not used: it guesses a type for each column and drops the cells that
    do not fit, titles such as "1999" among them
    (https://github.com/google/google-visualization-issues/issues/1907).
    """
    base = f"{origin.rstrip('/')}/spreadsheets/d"
    if ref.published:
        tab = "" if ref.gid is None else f"&gid={ref.gid}&single=true"
        return f"{base}/e/{ref.id}/pub?output=csv{tab}"
    return f"{base}/{ref.id}/export?format=csv" + ("" if ref.gid is None else f"&gid={ref.gid}")
