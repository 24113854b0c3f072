"""The picture of an album without a cover: grooves, placed by the bytes of the album's id.

`static/js/pattern.js` draws the same for cards that appear while the page is open.
"""

from dataclasses import dataclass
from uuid import UUID

TONES = 6
RINGS = 9


@dataclass(frozen=True, slots=True)
class Ring:
    radius: int
    width: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """In a square of 100 by 100."""

    tone: int
    x: int
    y: int
    rings: tuple[Ring, ...]


def pattern(album_id: UUID) -> Pattern:
    octets = album_id.bytes
    radius = 6
    rings = []
    for octet in octets[3 : 3 + RINGS]:
        radius += 6 + octet % 11
        rings.append(Ring(radius, 1 + octet % 3))
    return Pattern(octets[0] % TONES, octets[1] % 5 * 25, octets[2] % 5 * 25, tuple(rings))
