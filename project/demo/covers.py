"""Cover art: a calm picture drawn from an album's id, always the same for the same id.

Real covers cannot be shipped, so each id chooses a composition, a palette and every measure in it.
All pictures are 640 units square and keep the strip with title and artist free.
"""

import html
import math
import random
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aiohttp import hdrs, web

from .albums import ID_LENGTH, Album, Library, digest, is_id

SIZES = (640, 300, 64)  # px, widest first, as Spotify lists them
WITHOUT_TEXT = 64  # px; letters would be specks
SIDE = 640
MARGIN = 44
# Of many, the shuffle that puts the fewest like pictures side by side in the demo's catalog.
SHUFFLE = "composition 421"
MOST_SHOWN = 200  # covers on the page of covers
STRIP = 140  # height of the part that belongs to title and artist
LONGEST_LINE = 31  # letters of average width in the title that fit between the margins


@dataclass(frozen=True)
class Palette:
    """`ground` behind everything, `ink` for the letters, `tones` from quiet to loud."""

    ground: str
    ink: str
    tones: tuple[str, ...]


def palette(ground: str, ink: str, tones: str) -> Palette:
    return Palette(f"#{ground}", f"#{ink}", tuple(f"#{tone}" for tone in tones.split()))


PALETTES = (
    palette("f3e9d8", "2b2320", "e8c9a0 d98e5f b5523b 6d2e2b 33423f"),
    palette("1d2b3a", "f0e6d2", "2f4a5f 4f7a86 9cb8a8 e6c98a e08a5b"),
    palette("e9e4dc", "27303a", "c5cfd1 8fa9b3 4d7488 2a4459 d7785a"),
    palette("2a1f2d", "f4e3d7", "4a2f4f 7d4668 b8607a e8946f f6c98b"),
    palette("dfe6dc", "23312b", "b4c8af 7fa386 4b7a66 24504a e3b04b"),
    palette("f6d9c6", "3a2026", "f2b49a e6826d c4504f 84303f 3b4a63"),
    palette("10302f", "eae4cf", "1c4a46 2f6f66 6fa088 c9c58f efa35c"),
    palette("f2efe6", "202020", "d9d3c3 b3aa95 7a746a 3a3a3a d1452f"),
    palette("e3d7e8", "2c2340", "c5afd6 9a80bd 6a55a0 3d3272 f0a58f"),
    palette("f5df9f", "3a2a12", "f0c05a e4953a c8622c 7d3a26 2f5057"),
    palette("25303f", "f2ede4", "3a4b63 62799b a3b3c9 e9dccb f26b4e"),
    palette("cfdfe3", "1d3140", "a1c3cc 6ba0b2 3a7390 1f4c6b f4d58d"),
    palette("3b1f1f", "f7e6cf", "632c28 963f30 c8603a e7985a f3d29a"),
    palette("e8e3d1", "2d2f1e", "cfc79b a8a767 74803f 465527 b9572f"),
    palette("191a24", "ece8f2", "2c2e44 4a4d74 7d7fb0 b9b3d8 f2c4b3"),
    palette("f7ece9", "33222b", "efcfcd dba3ab b86f86 7a4464 2f3a56"),
)


@dataclass
class Canvas:
    """What a composition draws with: its chance, its colours, and the marks made so far."""

    chance: random.Random
    colours: Palette

    def tone(self) -> str:
        return self.chance.choice(self.colours.tones)

    def tones(self, count: int) -> list[str]:
        """Return that many tones in order, up or down, from the first or the second on."""
        tones = list(self.colours.tones)
        if self.chance.random() < 0.5:
            tones.reverse()
        start = self.chance.randrange(2)
        return [tones[(start + number) % len(tones)] for number in range(count)]


def circle(x: float, y: float, radius: float, fill: str, more: str = "") -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}" {more}/>'


def path(shape: str, fill: str, more: str = "") -> str:
    return f'<path d="{shape}" fill="{fill}" {more}/>'


def ring(x: float, y: float, radius: float, stroke: str, width: float, more: str = "") -> str:
    return circle(x, y, radius, "none", f'stroke="{stroke}" stroke-width="{width:.1f}" {more}')


def arcs(canvas: Canvas) -> Iterator[str]:
    """Quarter rings around a lower corner."""
    x = canvas.chance.choice((0, SIDE))
    count = canvas.chance.randint(4, 7)
    outer = canvas.chance.uniform(440, SIDE - STRIP)
    for number, tone in enumerate(canvas.tones(count)):
        yield circle(x, SIDE, outer * (1 - number / count), tone)


def bands(canvas: Canvas) -> Iterator[str]:
    """Level bands that widen downwards, and a low sun behind them."""
    sun = canvas.chance.uniform(180, 460)
    yield circle(sun, 300, canvas.chance.uniform(80, 125), canvas.colours.tones[-1])
    tones = canvas.tones(6)
    top, height = 300.0, canvas.chance.uniform(16, 24)
    for tone in tones:
        yield f'<rect y="{top:.1f}" width="{SIDE}" height="{SIDE - top:.1f}" fill="{tone}"/>'
        top += height
        height *= 1.42


def hills(canvas: Canvas) -> Iterator[str]:
    """Rows of hills, the nearer the darker, under a moon."""
    x, y = canvas.chance.uniform(120, 520), canvas.chance.uniform(215, 275)
    yield circle(x, y, canvas.chance.uniform(44, 78), canvas.colours.tones[-1])
    for number, tone in enumerate(canvas.colours.tones[:4]):
        base = 330 + number * 78
        first, second = canvas.chance.uniform(0, math.tau), canvas.chance.uniform(0, math.tau)
        points = [
            (
                step * 16,
                base + 38 * math.sin(step / 9 + first) + 17 * math.sin(step / 4.1 + second),
            )
            for step in range(SIDE // 16 + 1)
        ]
        line = " L".join(f"{across:.0f} {down:.1f}" for across, down in points)
        yield path(f"M0 {SIDE} L{line} L{SIDE} {SIDE}Z", tone)


def tiles(canvas: Canvas) -> Iterator[str]:
    """A grid of quarter discs, half discs and discs."""
    columns = canvas.chance.choice((4, 5))
    cell = (SIDE - 2 * MARGIN) / columns
    rows = int((SIDE - MARGIN - STRIP + 20) / cell)
    top = SIDE - MARGIN - rows * cell
    few = canvas.chance.sample(canvas.colours.tones, 4)
    for row in range(rows):
        for column in range(columns):
            x, y = MARGIN + column * cell, top + row * cell
            tone = canvas.chance.choice(few)
            shape = canvas.chance.choice(("quarter", "quarter", "half", "disc", "square"))
            turn = canvas.chance.choice((0, 90, 180, 270))
            middle = f"{x + cell / 2:.1f} {y + cell / 2:.1f}"
            turned = f'transform="rotate({turn} {middle})"'
            if shape == "quarter":
                corner = f"M{x:.1f} {y:.1f} h{cell:.1f} a{cell:.1f} {cell:.1f} 0 0 1"
                yield path(f"{corner} {-cell:.1f} {cell:.1f}Z", tone, turned)
            elif shape == "half":
                half = cell / 2
                arc = f"M{x:.1f} {y:.1f} a{half:.1f} {half:.1f} 0 0 0 {cell:.1f} 0Z"
                yield path(arc, tone, turned)
            elif shape == "disc":
                yield circle(x + cell / 2, y + cell / 2, cell / 2, tone)
                yield circle(x + cell / 2, y + cell / 2, cell / 5, canvas.colours.ground)
            else:
                size = f'width="{cell:.1f}" height="{cell:.1f}"'
                yield f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{tone}"/>'


def bars(canvas: Canvas) -> Iterator[str]:
    """Upright bars with round heads, high and low like a slow breath."""
    count = canvas.chance.choice((9, 11, 14))
    step = (SIDE - 2 * MARGIN) / count
    width = step * canvas.chance.uniform(0.5, 0.72)
    phase, pace = canvas.chance.uniform(0, math.tau), canvas.chance.uniform(0.35, 0.75)
    tones = canvas.tones(count)
    for number in range(count):
        wave = 0.5 + 0.5 * math.sin(phase + number * pace)
        height = 90 + wave * (SIDE - STRIP - MARGIN - 110)
        x = MARGIN + number * step + (step - width) / 2
        place = f'x="{x:.1f}" y="{SIDE - MARGIN - height:.1f}" rx="{width / 2:.1f}"'
        yield f'<rect {place} width="{width:.1f}" height="{height:.1f}" fill="{tones[number]}"/>'


def lenses(canvas: Canvas) -> Iterator[str]:
    """Three large discs that shine through each other."""
    turn = canvas.chance.uniform(0, math.tau)
    for number, tone in enumerate(canvas.chance.sample(canvas.colours.tones, 3)):
        angle = turn + number * math.tau / 3
        x, y = SIDE / 2 + 88 * math.cos(angle), 382 + 78 * math.sin(angle)
        yield circle(x, y, canvas.chance.uniform(118, 160), tone, 'opacity="0.82"')


def grooves(canvas: Canvas) -> Iterator[str]:
    """Two sets of fine rings that cross, over one disc."""
    tone, other, disc = canvas.chance.sample(canvas.colours.tones, 3)
    apart = canvas.chance.uniform(50, 110)
    y = 386
    yield circle(SIDE / 2, y, 84, disc)
    for number in range(4, 15):
        radius = number * 15
        yield ring(SIDE / 2 - apart, y, radius, tone, 3.2)
        yield ring(SIDE / 2 + apart, y, radius, other, 3.2)


def folds(canvas: Canvas) -> Iterator[str]:
    """Slanting planes like folded paper."""
    count = canvas.chance.randint(4, 6)
    width = SIDE / count
    lean = canvas.chance.uniform(60, 190) * canvas.chance.choice((-1, 1))
    tones = canvas.tones(count + 2)
    for number in range(-1, count + 1):
        left = number * width
        top = STRIP + 30 + 56 * canvas.chance.random()
        shape = (
            f"M{left + lean:.0f} {top:.0f} L{left + width + lean:.0f} {top + 46:.0f} "
            f"L{left + width:.0f} {SIDE} L{left:.0f} {SIDE}Z"
        )
        yield path(shape, tones[number + 1])
        shade = f"M{left + lean:.0f} {top:.0f} L{left + width:.0f} {SIDE} L{left:.0f} {SIDE}Z"
        yield path(shade, canvas.colours.ink, 'opacity="0.10"')


def halftone(canvas: Canvas) -> Iterator[str]:
    """A field of dots that swells around one point."""
    columns, rows = 14, 11
    step = (SIDE - 2 * MARGIN) / (columns - 1)
    x0, y0 = canvas.chance.uniform(2, columns - 3), canvas.chance.uniform(2, rows - 3)
    tone, loud = canvas.chance.sample(canvas.colours.tones[1:], 2)
    reach = canvas.chance.uniform(5.5, 8.5)
    for row in range(rows):
        for column in range(columns):
            away = math.hypot(column - x0, row - y0)
            radius = max(2.2, step * 0.56 * (1 - away / reach))
            fill = loud if away < reach * 0.3 else tone
            yield circle(MARGIN + column * step, SIDE - MARGIN - row * step, radius, fill)


def arches(canvas: Canvas) -> Iterator[str]:
    """Nested arches on the ground line, a tall and a small set."""
    left = canvas.chance.choice((True, False))
    tall, small = canvas.chance.uniform(160, 205), canvas.chance.uniform(70, 125)
    for middle, outer, legs in ((0.36, 205, tall), (0.76, 112, small)):
        x = SIDE * (middle if left else 1 - middle)
        count = 5 if outer > 150 else 3
        for number, tone in enumerate(canvas.tones(count)):
            radius = outer * (1 - number / count)
            arc = f"a{radius:.0f} {radius:.0f} 0 0 1 {2 * radius:.0f} 0"
            yield path(f"M{x - radius:.0f} {SIDE} v{-legs - 30:.0f} {arc} v{legs + 30:.0f}Z", tone)


def ribbons(canvas: Canvas) -> Iterator[str]:
    """Parallel ribbons that flow across."""
    count = canvas.chance.randint(6, 9)
    phase, swing = canvas.chance.uniform(0, math.tau), canvas.chance.uniform(26, 52)
    step = (SIDE - STRIP - 110) / count
    for number, tone in enumerate(canvas.tones(count)):
        middle = STRIP + 78 + number * step
        points = [
            (x, middle + swing * math.sin(phase + x / 105 + number * 0.16))
            for x in range(-20, SIDE + 40, 20)
        ]
        line = " L".join(f"{x} {y:.1f}" for x, y in points)
        stroke = f'stroke="{tone}" stroke-width="{step * 0.66:.1f}" stroke-linejoin="round"'
        yield path(f"M{line}", "none", stroke)


def moon(canvas: Canvas) -> Iterator[str]:
    """One great disc, cut by level slits that widen downwards."""
    x = SIDE / 2 + canvas.chance.uniform(-60, 60)
    y, radius = 384.0, canvas.chance.uniform(178, 206)
    first, second = canvas.chance.sample(canvas.colours.tones[2:], 2)
    yield (
        '<linearGradient id="m" x1="0" y1="0" x2="0" y2="1">'
        f'<stop stop-color="{first}"/><stop offset="1" stop-color="{second}"/></linearGradient>'
    )
    yield circle(x, y, radius, "url(#m)")
    top, slit = y + canvas.chance.uniform(-20, 40), 5.0
    while top < y + radius:
        size = f'width="{SIDE}" height="{slit:.1f}"'
        yield f'<rect y="{top:.1f}" {size} fill="{canvas.colours.ground}"/>'
        top += 27
        slit += 2.6


def stones(canvas: Canvas) -> Iterator[str]:
    """Smooth stones, one upon the other."""
    count = canvas.chance.randint(4, 5)
    bottom = float(SIDE - MARGIN - 6)
    width = canvas.chance.uniform(190, 225)
    room = bottom - STRIP - 40
    height = room / count
    for tone in canvas.tones(count):
        x = SIDE / 2 + canvas.chance.uniform(-34, 34)
        place = f'cx="{x:.1f}" cy="{bottom - height / 2:.1f}"'
        yield f'<ellipse {place} rx="{width:.1f}" ry="{height / 2 - 1.5:.1f}" fill="{tone}"/>'
        bottom -= height
        width *= canvas.chance.uniform(0.68, 0.82)


def petals(canvas: Canvas) -> Iterator[str]:
    """Long leaves around one point."""
    count = canvas.chance.choice((6, 8, 10, 12))
    y, reach = 386.0, canvas.chance.uniform(172, 204)
    tones = canvas.tones(2)
    start = canvas.chance.uniform(0, 45)
    for number in range(count):
        turn = f'transform="rotate({start + number * 360 / count:.1f} {SIDE / 2} {y})"'
        wide = reach * 2.1 / count + 14
        place = f'cx="{SIDE / 2}" cy="{y - reach / 2:.1f}" rx="{wide:.1f}" ry="{reach / 2:.1f}"'
        yield f'<ellipse {place} fill="{tones[number % 2]}" opacity="0.78" {turn}/>'
    yield circle(SIDE / 2, y, 26, canvas.colours.ground)


def orbits(canvas: Canvas) -> Iterator[str]:
    """Fine circles around a sun, with a planet on each."""
    x, y = SIDE / 2, 386.0
    sun, line, *planets = canvas.chance.sample(canvas.colours.tones[1:], 4)
    yield circle(x, y, canvas.chance.uniform(38, 56), sun)
    for number in range(4):
        radius = 88 + number * 38
        angle = canvas.chance.uniform(0, math.tau)
        yield ring(x, y, radius, line, 2.5)
        place = x + radius * math.cos(angle), y + radius * math.sin(angle)
        yield circle(*place, canvas.chance.uniform(9, 21), planets[number % len(planets)])


def steps(canvas: Canvas) -> Iterator[str]:
    """A stair of blocks, each with a lit front."""
    count = canvas.chance.choice((5, 6, 7))
    width = (SIDE - 2 * MARGIN) / count
    rising = canvas.chance.choice((True, False))
    rise = (SIDE - STRIP - MARGIN - 60) / count * canvas.chance.uniform(0.75, 1)
    for number, tone in enumerate(canvas.tones(count)):
        place = number if rising else count - 1 - number
        x, height = MARGIN + place * width, 60 + rise * (number + 0.6)
        size = f'width="{width + 0.5:.1f}" height="{height:.1f}"'
        yield f'<rect x="{x:.1f}" y="{SIDE - height:.1f}" {size} fill="{tone}"/>'
        front = f'width="{width / 3:.1f}" height="{height:.1f}" opacity="0.14"'
        yield f'<rect x="{x:.1f}" y="{SIDE - height:.1f}" {front} fill="{canvas.colours.ink}"/>'


def sails(canvas: Canvas) -> Iterator[str]:
    """Bent triangles that lean into the same wind."""
    count = canvas.chance.choice((3, 4, 5))
    bend = canvas.chance.uniform(50, 90)
    room = (SIDE - 2 * MARGIN) / count
    for number, tone in enumerate(canvas.tones(count)):
        x, top = MARGIN + number * room, canvas.chance.uniform(STRIP + 30, STRIP + 150)
        foot = SIDE - 84
        sail = f"M{x:.0f} {top:.0f} Q{x + room + bend:.0f} {(top + foot) / 2:.0f}"
        yield path(f"{sail} {x + room * 0.86:.0f} {foot} L{x:.0f} {foot}Z", tone)
    yield f'<rect y="{SIDE - 72}" width="{SIDE}" height="72" fill="{canvas.colours.tones[3]}"/>'


COMPOSITIONS: tuple[Callable[[Canvas], Iterator[str]], ...] = (
    arcs,
    bands,
    hills,
    tiles,
    bars,
    lenses,
    grooves,
    folds,
    halftone,
    arches,
    ribbons,
    moon,
    stones,
    petals,
    orbits,
    steps,
    sails,
)


def draw(identifier: str, size: int, album: Album | None = None) -> str:
    """Return the cover as SVG text, `size` pixels square, with the album's title if it is known."""
    chance = random.Random(digest("cover", identifier))
    colours = PALETTES[digest("palette", identifier) % len(PALETTES)]
    composition = COMPOSITIONS[digest(SHUFFLE, identifier) % len(COMPOSITIONS)]
    marks = "".join(composition(Canvas(chance, colours)))
    name = f"{album.name}, {', '.join(album.artists)}" if album else "Cover"
    letters = lettering(album, colours) if album and size > WITHOUT_TEXT else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" '
        f'width="{size}" height="{size}" role="img" aria-label="{html.escape(name)}">'
        f'<rect width="{SIDE}" height="{SIDE}" fill="{colours.ground}"/>{marks}{letters}</svg>\n'
    )


def lettering(album: Album, colours: Palette) -> str:
    """Return title and artist, set small at the upper left."""
    artist = " & ".join(album.artists) if len(album.artists) < 3 else album.artists[0]
    font = f'font-family="system-ui, sans-serif" fill="{colours.ink}"'
    return (
        f'<text x="{MARGIN}" y="72" font-size="29" font-weight="600" {font}>'
        f"{html.escape(shorten(album.name))}</text>"
        f'<text x="{MARGIN}" y="108" font-size="23" opacity="0.78" {font}>'
        f"{html.escape(shorten(artist))}</text>"
    )


def shorten(text: str) -> str:
    """Return the text cut to one line; an ideograph takes the room of two letters."""
    room = float(LONGEST_LINE)
    for place, letter in enumerate(text):
        wide = unicodedata.east_asian_width(letter) in "WF"
        room -= 2 if wide else 1.25 if letter.isupper() else 1
        if room < 0:
            return text[:place].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return text


def cover_path(identifier: str, size: int) -> str:
    return f"/covers/{identifier}-{size}.svg"


class Covers:
    """Serves the covers, and a sheet of them all to look at."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/covers/", self.contact_sheet), web.get("/covers/{name}.svg", self.cover)]

    async def cover(self, request: web.Request) -> web.Response:
        identifier, _, size = request.match_info["name"].partition("-")
        if not is_id(identifier) or size not in {str(known) for known in SIZES}:
            raise web.HTTPNotFound(text=f"A cover is <{ID_LENGTH} characters>-<size>.svg\n")
        drawn = draw(identifier, int(size), self._library.albums.get(identifier))
        headers = {
            # Opened by itself, the picture may run and load nothing.
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cross-Origin-Resource-Policy": "cross-origin",
            hdrs.CACHE_CONTROL: "public, max-age=86400",
        }
        return web.Response(text=drawn, content_type="image/svg+xml", headers=headers)

    async def contact_sheet(self, request: web.Request) -> web.Response:
        known = list(self._library.albums.values())[:MOST_SHOWN]
        pictures = "\n".join(
            f'<img src="{cover_path(album.id, 300)}" width="200" height="200" loading="lazy" '
            f'alt="{html.escape(album.name)}">'
            for album in known
        )
        body = (
            '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>The demo\'s covers</title>'
            '<link rel="stylesheet" href="/control.css"><main class="covers"><h1>The demo\'s '
            f"covers</h1><div>{pictures}</div></main></html>\n"
        )
        return web.Response(text=body, content_type="text/html")
