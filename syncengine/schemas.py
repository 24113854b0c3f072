"""What the data of each event kind and version may be.

A kind and version that was ever stored stays in `SCHEMAS` for ever.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)

MAX_SAFE_INTEGER = 2**53 - 1  # beyond it JavaScript, which folds the same events, loses digits

Text = Annotated[str, StringConstraints(max_length=10_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=80)]  # of a row
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,60}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Uuid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
]
Count = Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)]
Positive = Annotated[int, Field(ge=1, le=MAX_SAFE_INTEGER)]


def _exists(instant: str) -> str:
    datetime.fromisoformat(instant)  # raises ValueError for the 30th of February
    return instant


# No \d: to pydantic that is any digit of any script.
Instant = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$"
    ),
    AfterValidator(_exists),
]


def _leads_somewhere(change: list[Any]) -> list[Any]:
    if change[1] is None:
        raise ValueError("the new value is null")
    return change


T = TypeVar("T")
Nullable = Annotated[list[T | None], Field(min_length=2, max_length=2)]  # [old, new]
Change = Annotated[Nullable[T], AfterValidator(_leads_somewhere)]  # null is old only: it is new


class Data(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Scope(Data):
    mode: Literal["full", "refresh", "retry"]
    keys: list[Key]
    confirm: Sha256 | None


class Requested(Data):
    by: Name
    trigger: Literal["button", "api", "command", "schedule", "retry", "confirm"]
    scope: Scope


class Started(Data):
    worker: Name
    attempt: Positive


class Resumed(Data):
    worker: Name
    attempt: Positive
    reason: Literal["lease-expired", "handed-over", "wait-over"]


class StageStarted(Data):
    stage: Literal["sheet", "spotify", "albums"]
    total: Count | None
    sheet: Sha256 | None

    @model_validator(mode="after")
    def _sheet_accepted(self) -> Self:
        if self.stage != "sheet" and (self.total is None or self.sheet is None):
            raise ValueError("from spotify on, total and sheet are known")
        return self


class Track(Data):
    disc: Count
    number: Count
    title: Text
    duration_ms: Count
    explicit: bool


class AlbumChanges(Data):
    """Every stored field of an album (`albums.fields.EMPTY`); those that stay are left out."""

    artist: Change[Text] = []
    title: Change[Text] = []
    year: Nullable[Count] = []
    genres: Change[list[Text]] = []
    label: Change[Text] = []
    spotify_id: Change[Text] = []
    spotify_title: Change[Text] = []
    spotify_artist: Change[Text] = []
    release_date: Change[Text] = []
    album_type: Change[Text] = []
    total_tracks: Nullable[Count] = []
    tracks: Change[list[Track]] = []
    cover_url: Change[Text] = []
    match_score: Nullable[Count] = []
    match_query: Change[Text] = []
    row_digest: Change[Text] = []
    fetched_at: Change[Text] = []
    archived: Change[bool] = []


class AlbumSynced(Data):
    album: Uuid
    key: Key
    row: Positive
    artist: Text
    title: Text
    outcome: Literal["added", "updated", "unchanged"]
    changes: AlbumChanges
    n: Positive
    total: Positive


class KnownAlbum(Data):
    album: Uuid
    key: Key
    row: Positive


class AlbumsUnchanged(Data):
    albums: Annotated[list[KnownAlbum], Field(min_length=1, max_length=100)]
    n: Positive
    total: Positive


class Candidate(Data):
    id: Name
    artist: Text
    title: Text
    year: int | None
    score: Annotated[int, Field(ge=0, le=100)]


class AlbumFailed(Data):
    album: Uuid | None
    key: Key
    row: Positive
    artist: Text
    title: Text
    code: Code
    message: Text
    remedy: Text
    candidates: Annotated[list[Candidate], Field(max_length=10)]
    n: Positive
    total: Positive


class AlbumRemoved(Data):
    album: Uuid
    key: Key
    artist: Text
    title: Text


class Waiting(Data):
    until: Instant
    service: Literal["spotify", "google", "database"]
    reason: Literal["rate-limit", "quota", "budget", "storage"]


class CancelRequested(Data):
    by: Name


class Completed(Data):
    total: Count
    synced: Count
    failed: Count
    added: Count
    updated: Count
    unchanged: Count
    removed: Count


class Failed(Data):
    code: Code
    message: Text
    remedy: Text
    details: dict[str, Text | int]


class Cancelled(Data):
    by: Name
    total: Count | None
    synced: Count
    failed: Count


class AuditorsAct(Data):
    """An export or a verification: it belongs to no operation."""

    by: Name
    what: Name
    filter: dict[str, Text]
    result: dict[str, Text | int | bool | None]


SCHEMAS: Mapping[tuple[str, int], type[Data]] = {
    ("requested", 1): Requested,
    ("started", 1): Started,
    ("resumed", 1): Resumed,
    ("stage-started", 1): StageStarted,
    ("album-synced", 1): AlbumSynced,
    ("albums-unchanged", 1): AlbumsUnchanged,
    ("album-failed", 1): AlbumFailed,
    ("album-removed", 1): AlbumRemoved,
    ("waiting", 1): Waiting,
    ("cancel-requested", 1): CancelRequested,
    ("completed", 1): Completed,
    ("failed", 1): Failed,
    ("cancelled", 1): Cancelled,
    ("exported", 1): AuditorsAct,
    ("verified", 1): AuditorsAct,
}
CURRENT_VERSION = dict(sorted(SCHEMAS))  # the highest version of a kind comes last
END_KINDS = frozenset({"completed", "failed", "cancelled"})
OUTSIDE_OPERATIONS = frozenset({"exported", "verified"})
ALBUM_KINDS = frozenset({"album-synced", "albums-unchanged", "album-failed", "album-removed"})
COUNTED_KINDS = ALBUM_KINDS - {"album-removed"}  # their data has `n`, how many albums are done
STEP_KINDS = {kind for kind, _ in SCHEMAS} - ALBUM_KINDS - OUTSIDE_OPERATIONS  # of a sync itself
SYNCED_NAMES = frozenset(AlbumSynced.model_fields)
CHANGED_NAMES = frozenset(AlbumChanges.model_fields)
OPERATION: TypeAdapter[str | None] = TypeAdapter(Uuid | None, config=ConfigDict(strict=True))


def is_outlined(kind: str, version: int, data: dict[str, Any]) -> bool:
    """Whether stored data is what its kind and version ask for, as far as a whole log can be asked:
    nearly all events are synced albums, and of those only the names of what they have are looked
    at, since a look at every track would take longer than all else that a verification does."""
    schema = SCHEMAS.get((kind, version))
    if schema is AlbumSynced:
        if data.keys() != SYNCED_NAMES or not isinstance(data["changes"], dict):
            return False
        return CHANGED_NAMES.issuperset(data["changes"])
    return schema is not None and schema.__pydantic_validator__.isinstance_python(data)
