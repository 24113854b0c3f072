"""The ways to fail that are the sync's own, beside those of the sources."""

from django.db import DatabaseError

from albums.sources.errors import AlbumError, SyncError
from syncengine.plan import MAX_ARCHIVED_ALBUMS, Plan


def shrunk(plan: Plan, rows: int, sha256: str) -> SyncError:
    """The sheet would take away too much. `details` names what it would do, and the sheet, so that
    exactly this can be confirmed."""
    gone = ", ".join(f"{album['artist']} – {album['title']}" for album in plan.gone[:10])
    return SyncError(
        code="sheet-shrunk",
        message=(
            f"The sheet has {rows} rows and would archive {len(plan.gone)} of the"
            f" {plan.catalog_size} albums in the catalog. Nothing was changed."
        ),
        remedy=(
            "If rows are missing by mistake, bring them back in the sheet and sync again. If they"
            " are meant to go, confirm this sheet. Without asking, a sync archives at most"
            f" {MAX_ARCHIVED_ALBUMS} albums and at most a fifth of the catalog."
        ),
        details={
            "rows": rows,
            "catalog": plan.catalog_size,
            "archived": len(plan.gone),
            "albums": gone,
            "sheet": sha256,
        },
    )


def unexpected(error: Exception) -> SyncError:
    return SyncError(
        code="internal",
        message=f"Something unexpected went wrong ({type(error).__name__}).",
        remedy="Sync again. If it happens again, report the traceback in the worker's log.",
    )


def not_stored(error: DatabaseError) -> AlbumError:
    return AlbumError(
        code="database",
        message=f"The database refused this album ({type(error).__name__}). It was not changed.",
        remedy="Sync again. If it happens again, see the worker's log and check the database.",
    )


def poisoned(error: Exception) -> AlbumError:
    return AlbumError(
        code="internal",
        message=f"Something unexpected went wrong with this album ({type(error).__name__}).",
        remedy="Sync again. If it happens again, report the traceback in the worker's log.",
    )
