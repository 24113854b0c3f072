"""Which row becomes which album, and what is left to do. Pure: no clock, no database."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from albums.sources.folding import fold
from albums.sources.sheet_rows import Row
from syncengine.events import canonical

# A sheet that would take away more than either of these is more likely broken than meant.
MAX_ARCHIVED_ALBUMS = 20
MAX_ARCHIVED_SHARE = 5  # a fifth of the catalog

Known = Mapping[str, Any]  # as `catalog.known_albums` gives it


@dataclass(frozen=True)
class Failed:
    """What a row was when it could not be synced."""

    row: int  # its place in the sheet
    artist: str
    title: str


@dataclass(frozen=True)
class Task:
    """One row to sync, with the album that it belongs to."""

    row: Row
    album: str | None  # None: it would be a new one
    known_id: str | None  # the Spotify id that an earlier sync found for this artist and title

    @property
    def digest(self) -> str:
        return row_digest(self.row)


@dataclass
class Plan:
    """What one sync has to do."""

    total: int = 0
    catalog_size: int = 0
    fresh: list[tuple[str, Row]] = field(default_factory=list)  # (album, row) to leave alone
    tasks: list[Task] = field(default_factory=list)  # new rows first, then the stalest
    gone: list[Known] = field(default_factory=list)  # albums whose row left the sheet

    def archives_too_much(self) -> bool:
        gone = len(self.gone)
        return gone > MAX_ARCHIVED_ALBUMS or gone * MAX_ARCHIVED_SHARE > self.catalog_size


def make_plan(
    rows: Iterable[Row],
    known: Iterable[Known],
    *,
    mode: str,
    retried: Mapping[str, Failed | None],
    fetched_since: str,
    done: Collection[str],
) -> Plan:
    """Match rows with albums and sort them by what is to be done.

    `fetched_since` is the instant (ISO 8601) from which on a fetch is fresh; `retried` are the rows
    that a retry is about, as {key: what failed then}; `done` the keys that this
    operation has dealt with already. `total` counts those, too.
    """
    rows, known = list(rows), list(known)
    albums = match(rows, known)
    again = _keys_to_retry(rows, known, retried, done)
    plan = Plan(catalog_size=sum(not album["archived"] for album in known))
    stale: list[tuple[str, Task]] = []
    for row in rows:
        if mode == "retry" and row.key not in again:
            continue
        plan.total += 1
        if row.key in done:
            continue
        album = albums.get(row.key)
        if album is None:
            plan.tasks.append(Task(row, album=None, known_id=None))
        elif mode == "full" and _is_fresh(album, row, fetched_since):
            plan.fresh.append((str(album["id"]), row))
        else:
            task = Task(row, album=str(album["id"]), known_id=_known_id(album, row))
            stale.append((album["fetched_at"], task))
    plan.tasks += [task for _, task in sorted(stale, key=lambda item: item[0])]
    if mode != "retry":
        kept = {album["id"] for album in albums.values()}
        plan.gone = [a for a in known if not a["archived"] and a["id"] not in kept]
    return plan


def match(rows: Iterable[Row], known: Iterable[Known]) -> dict[str, Known]:
    """{row key: album}. A row has the album of its key, also one that was archived. A row without
    one adopts an album that would otherwise be archived, by Spotify id, then by artist and title,
    then by row number and artist: so a corrected typo is an update."""
    rows = list(rows)
    by_key = {album["key"]: album for album in known}
    found = {row.key: by_key[row.key] for row in rows if row.key in by_key}
    taken = {album["id"] for album in found.values()}
    orphans = [a for a in by_key.values() if not a["archived"] and a["id"] not in taken]
    homeless = [row for row in rows if row.key not in found]

    rules: list[tuple[Callable[[Row], Hashable], Callable[[Known], Hashable]]] = [
        (lambda row: row.spotify_id, lambda album: album["spotify_id"]),
        (
            lambda row: _names(row.artist, row.title),
            lambda album: _names(album["artist"], album["title"]),
        ),
        (
            lambda row: row.artist and (row.row, fold(row.artist)),
            lambda album: (album["row"], fold(album["artist"])),
        ),
    ]
    for of_row, of_album in rules:
        if not orphans:
            break
        waiting: defaultdict[Hashable, list[Known]] = defaultdict(list)
        for album in orphans:
            waiting[of_album(album)].append(album)
        for row in homeless:
            trait = of_row(row)
            if trait and waiting.get(trait):
                found[row.key] = waiting[trait].pop(0)
        taken = {album["id"] for album in found.values()}
        orphans = [album for album in orphans if album["id"] not in taken]
        homeless = [row for row in homeless if row.key not in found]
    return found


def _keys_to_retry(
    rows: Collection[Row],
    known: Collection[Known],
    retried: Mapping[str, Failed | None],
    done: Collection[str],
) -> set[str]:
    """The keys of the rows that a retry is about.

    Whoever corrects a row, as most failures ask for, gives it another key: then it is the row at
    the same place that still has the artist or the title, unless that one has an album in the
    catalog already.
    """
    same = {row.key for row in rows if row.key in retried}
    gone = [failed for key, failed in retried.items() if failed and key not in same]
    places = {failed.row: failed for failed in gone}
    settled = {album["key"] for album in known if not album["archived"]} - set(done)
    corrected = {
        row.key
        for row in rows
        if (failed := places.get(row.row)) and _resembles(row, failed) and row.key not in settled
    }
    return same | corrected


def _resembles(row: Row, failed: Failed) -> bool:
    return fold(row.artist) == fold(failed.artist) or fold(row.title) == fold(failed.title)


def row_digest(row: Row) -> str:
    """SHA-256 of what a row says of its album, wherever it stands."""
    said = [row.artist, row.title, row.year, list(row.genres), row.label, row.spotify_id]
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def _is_fresh(album: Known, row: Row, fetched_since: str) -> bool:
    return (
        not album["archived"]
        and album["fetched_at"] > fetched_since
        and album["row_digest"] == row_digest(row)
        and row.problem is None
    )


def _known_id(album: Known, row: Row) -> str | None:
    same = _names(album["artist"], album["title"]) == _names(row.artist, row.title)
    return album["spotify_id"] or None if same else None


def _names(artist: str, title: str) -> tuple[str, str] | None:
    return (fold(artist), fold(title)) if artist and title else None
