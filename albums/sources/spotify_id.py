"""What a cell that should hold an album's Spotify link or id really holds."""

import re

LONGEST_CELL = 1_000  # characters that are looked at

ALBUM_ID = re.compile(r"[0-9A-Za-z]{22}")
_PLACE = r"(?:spotify:|(?:open|play)\.spotify\.com/(?:intl-[A-Za-z-]{1,10}/)?(?:embed/)?)"
_ALBUM = re.compile(_PLACE + r"album[:/]([0-9A-Za-z]{22})(?![0-9A-Za-z])")
_OTHER = re.compile(
    _PLACE + r"(?:user[:/][^:/\s]{1,100}[:/])?(track|playlist|artist|episode|show|user|album)\b"
)
_SHORT = re.compile(r"\b(?:spotify\.link|spotify\.app\.link|spoti\.fi)/")


def album_id(cell: str) -> str | None:
    """Return the album's id, 22 characters of base 62, or None.

    Understands a bare id, `spotify:album:` URIs, and links to open.spotify.com or
    play.spotify.com with `intl-xx`, `embed` and any query.
    """
    cell = cell.strip()[:LONGEST_CELL]
    if ALBUM_ID.fullmatch(cell):
        return cell
    match = _ALBUM.search(cell)
    return match[1] if match else None


def other_link(cell: str) -> str | None:
    """Return what kind of Spotify link the cell holds that is no album's, or None."""
    cell = cell[:LONGEST_CELL]
    if match := _OTHER.search(cell):
        return "damaged album link" if match[1] == "album" else f"{match[1]} link"
    return "short link" if _SHORT.search(cell) else None
