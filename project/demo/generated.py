"""Made-up albums in any number: no two share artist and title, and Spotify knows them all."""

import random

from .albums import Album, Library, Row, album_id, pasted, to_tracks


def apart(names: str) -> tuple[str, ...]:
    return tuple(names.split())


COLOURS = apart(
    "Amber Ashen Azure Cobalt Copper Coral Crimson Golden Hazel Indigo Ivory Jade Ochre Olive "
    "Opal Pale Russet Saffron Scarlet Silver Slate Tawny Umber Velvet"
)
THINGS = apart(
    "Anchor Archive Atlas Balcony Beacon Canal Cathedral Causeway Compass Courtyard Ferry Garden "
    "Harbour Lantern Library Meadow Mirror Orchard Parade Quarry Railway Station Terrace Window"
)
FIRST = apart(
    "Ada Aino Bela Carmen Dalia Edgar Fatou Greta Hugo Ines Jonas Kaito Leila Marek Nadia Oskar "
    "Pilar Quentin Rosa Soren Tomas Ulla Vera Yusuf"
)
LAST = apart(
    "Abara Bergman Castell Duarte Eriksen Fontaine Gruber Holloway Ibarra Jansen Kowal Lindqvist "
    "Moreau Nakata Okafor Petrov Quispe Rinaldi Sandoval Tanaka Ueda Vasquez Whitlock Zelenka"
)
GENRES = ("Ambient", "Folk", "Jazz", "Pop", "Rock", "Soul")
# As many pairs (title, artist) as the word lists can make without repeating one.
MOST = len(COLOURS) * len(THINGS) * len(FIRST) * len(LAST)


def library(count: int, *, with_ids: bool, seed: int) -> Library:
    """Return `count` albums (at most MOST); the same seed gives the same albums."""
    if count > MOST:
        raise ValueError(f"at most {MOST} albums can be made up")
    chance = random.Random(seed)
    rows, albums = [], {}
    for number in chance.sample(range(MOST), count):
        album = make(number, chance)
        albums[album.id] = album
        rows.append(
            Row(
                artist=album.artists[0],
                album=album.name,
                year=str(album.year),
                genre=chance.choice(GENRES),
                label=album.label,
                link=pasted(album.id, "bare") if with_ids else "",
            )
        )
    return Library(rows, albums)


def make(number: int, chance: random.Random) -> Album:
    """Return the album with this number; artist and title are its digits in mixed bases."""
    number, colour = divmod(number, len(COLOURS))
    number, thing = divmod(number, len(THINGS))
    last, first = divmod(number, len(FIRST))
    title = f"{COLOURS[colour]} {THINGS[thing]}"
    artist = f"{FIRST[first]} {LAST[last]}"
    year = str(chance.randint(1955, 2025))
    identifier = album_id(artist, title, year)
    names = chance.sample(THINGS, chance.randint(6, 14))
    tracks = to_tracks(identifier, [(name, chance.randint(95, 480)) for name in names])
    return Album(identifier, title, (artist,), f"{year}-05-01", tracks, label="Small Hours")
