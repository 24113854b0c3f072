"""The ways to fail that are the sync's own, beside those of the sources (`albums.sources.errors`).

SyncError
|-- SheetShrunk       sheet-shrunk
`-- Unexpected        internal
AlbumError
|-- NotStored         database
|-- AlbumTooLarge     album-too-large
`-- AlbumUnexpected   internal
"""

from albums.sources.errors import AlbumError, SyncError
from syncengine.plan import MAX_ARCHIVED_ALBUMS, Plan

NAMED_ALBUMS = 5


class SheetShrunk(SyncError):
    """The sheet would take away too much. Details: `rows`, `catalog`, `archived` (counts),
    `albums` (names of some), `sheet` (its SHA-256, so that exactly this can be confirmed).
    `would_archive` are the ids of all."""

    code = "sheet-shrunk"
    message = (
        "The sheet has {rows} rows and would archive {archived} of the {catalog} albums in the"
        " catalog. Nothing was changed."
    )
    remedy = (
        "If rows are missing by mistake, bring them back in the sheet and sync again. If the"
        " albums are meant to go, confirm this sheet. Without asking, a sync archives at most"
        f" {MAX_ARCHIVED_ALBUMS} albums, and at most a fifth of the catalog."
    )

    def __init__(self, plan: Plan, rows: int, sheet: str) -> None:
        named = [f"{album['artist']} – {album['title']}" for album in plan.gone[:NAMED_ALBUMS]]
        super().__init__(
            rows=rows,
            catalog=plan.catalog_size,
            archived=len(plan.gone),
            albums="; ".join(named),
            sheet=sheet,
        )
        self.would_archive = [str(album["id"]) for album in plan.gone]


class Unexpected(SyncError):
    """A fault of ours. Details: `name` of the exception; its text may hold secrets."""

    code = "internal"
    message = "Something unexpected went wrong ({name})."
    remedy = "Sync again. If it happens again, report the traceback in the worker's log."

    def __init__(self, error: Exception) -> None:
        super().__init__(name=type(error).__name__)


class NotStored(AlbumError):
    """The database failed in the middle of an album. Details: `name` of the exception."""

    code = "database"
    message = "The database refused this album ({name}). It was not changed."
    remedy = "Sync again. If it happens again, see the worker's log and check the database."

    def __init__(self, error: Exception) -> None:
        super().__init__(name=type(error).__name__)


class AlbumTooLarge(AlbumError):
    """What an album was and what it becomes do not fit into one event: some hundred tracks each
    time, and names and genres of many hundred letters."""

    code = "album-too-large"
    message = "What the sheet and Spotify say of this album is more than one record holds."
    remedy = "Shorten the row's artist, title, genres and label."


class AlbumUnexpected(AlbumError):
    """A fault of ours with one album. Details: `name` of the exception."""

    code = "internal"
    message = "Something unexpected went wrong with this album ({name})."
    remedy = "Sync again. If it happens again, report the traceback in the worker's log."

    def __init__(self, error: Exception) -> None:
        super().__init__(name=type(error).__name__)
