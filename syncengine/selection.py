"""Which events a page or an export has, read strictly: one with more or fewer events than were
asked for would be worse than none."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict

from albums import catalog
from albums.catalog import plain
from syncengine import operations_found, operations_query
from syncengine.models import SyncEvent
from syncengine.operations_query import BadFilters, HistoryQuery
from syncengine.schemas import SCHEMAS, STEP_KINDS
from syncengine.sentences import sentence

NAMES = ("after", "until", "kind", "outcome", "person", "code", "album", "words", "syncs")
KINDS = sorted({kind for kind, _ in SCHEMAS})
MAX_PERSON_LENGTH = 500
MAX_WORDS_LENGTH = 200
POSITION = re.compile(r"[0-9]{1,15}")
CODE = re.compile(r"[a-z0-9-]{1,60}")


def _synced(outcome: str) -> Q:
    """By the data as it is spelled: no column has it, and no text in it can look like this, since
    there each quotation mark has a backslash before it."""
    return Q(kind="album-synced", data__contains=f'"outcome":"{outcome}"')


OUTCOMES: Mapping[str, Q] = {
    "failed": Q(kind="album-failed"),
    "added": _synced("added"),
    "updated": _synced("updated"),
    "unchanged": _synced("unchanged") | Q(kind="albums-unchanged"),
    "archived": Q(kind="album-removed"),
    "steps": Q(kind__in=STEP_KINDS),  # what is not about an album
}


class BadSelection(ValueError):
    """A filter that is none, or has a value that it cannot have. The text says which."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The events after `after`, up to and with `until`, that have all of the others; None and
    empty text leave that open."""

    operation: str | None = None
    after: int | None = None
    until: int | None = None
    kind: str = ""
    outcome: str = ""  # a key of OUTCOMES
    person: str = ""
    code: str = ""
    album: str = ""
    words: str = ""  # each of them occurs in what the event says, whatever case and accents
    syncs: str = ""  # the query of a list of syncs, of which it has every event

    @property
    def is_a_range(self) -> bool:
        """Whether it has every event between its ends."""
        return not self.named().keys() - {"after", "until"}

    def named(self) -> dict[str, str]:
        """What it asks for by name, as an event and a manifest keep it."""
        values = {name: getattr(self, name) for name in ("operation", *NAMES)}
        return {name: str(value) for name, value in values.items() if value not in (None, "")}

    def parts(self, head: int) -> Iterator["Selection"]:
        """What it has of a log that ends at `head`, as selections with both ends, one after the
        other in the order of the log: one for each sync, where it is about several."""
        after, until = self.after or 0, head if self.until is None else self.until
        if not self.syncs:
            yield replace(self, after=after, until=until)
            return
        for sync in operations_found.in_order(_history(self.syncs).wanted):
            # Of an unfinished one the row does not know where its events end.
            last = sync.last_position if sync.finished_at else until
            begin, end = max(after, sync.first_position - 1), min(until, last)
            if begin < end:
                yield replace(self, operation=str(sync.pk), syncs="", after=begin, until=end)

    def events(self) -> QuerySet[SyncEvent]:
        """The events of a part in the order of the log; of those, it has the ones that `says`
        agrees to."""
        wanted = {
            name: value
            for name in ("operation", "kind", "person", "code", "album")
            if (value := getattr(self, name))
        }
        between = Q(position__gt=self.after or 0, position__lte=self.until or 0)
        events = SyncEvent.objects.filter(between, **wanted)
        if self.outcome:
            events = events.filter(OUTCOMES[self.outcome])
        for name in wanted.keys() & {"person", "code"}:
            # Their indexes leave out what is empty, and SQLite uses one only where it is told so.
            events = events.exclude(**{name: ""})
        return events.order_by("position")

    def says(self, kind: str, data: str) -> bool:
        """Whether the words occur in the event's sentence, or in the name of one of its albums."""
        if not self.words:
            return True
        said = plain(said_by(kind, data))
        return all(word in said for word in plain(self.words).split())


def _history(query: str) -> HistoryQuery:
    return operations_query.parse(QueryDict(query))


def said_by(kind: str, data: str) -> str:
    """An event as a sentence, with the albums' names where it is about several; empty where its
    data has been tampered with so that it says nothing."""
    try:
        found = json.loads(data)
        if kind != "albums-unchanged":
            return sentence(kind, found)
        names = catalog.names(known["album"] for known in found["albums"]).values()
        return " ".join([sentence(kind, found), *(part for name in names for part in name)])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""


def parse(given: Mapping[str, Any], head: int, operation: str | None = None) -> Selection:
    """The selection that a query asks for, of a log that ends at `head`. Raises BadSelection."""
    unknown = sorted(set(given) - set(NAMES))
    if unknown:
        raise BadSelection(f"“{unknown[0][:80]}” is no filter of an export.")
    values = {name: _only(given, name) for name in NAMES}
    after = _position("after", values["after"], head)
    until = _position("until", values["until"], head)
    if after is not None and until is not None and after > until:
        raise BadSelection(f"“after” ({after}) is beyond “until” ({until}).")
    if values["kind"] and values["kind"] not in KINDS:
        raise BadSelection(f"There is no kind of event “{values['kind'][:80]}”.")
    if values["outcome"] and values["outcome"] not in OUTCOMES:
        known = ", ".join(OUTCOMES)
        raise BadSelection(f"“{values['outcome'][:80]}” is no outcome: there are {known}.")
    if values["code"] and not CODE.fullmatch(values["code"]):
        raise BadSelection(f"“{values['code'][:80]}” is no code of an error.")
    if len(values["person"]) > MAX_PERSON_LENGTH or "\0" in values["person"]:
        raise BadSelection("“person” is no name that anybody can have.")
    if len(values["words"]) > MAX_WORDS_LENGTH or "\0" in values["words"]:
        raise BadSelection(f"At most {MAX_WORDS_LENGTH} characters are looked for.")
    if values["words"] and not plain(values["words"]):
        raise BadSelection("“words” has only accents or spaces, which occur in everything.")
    if values["words"] and operation is None:
        raise BadSelection("Words are looked for in one sync only: export it from its page.")
    if values["syncs"]:
        _check_syncs(values["syncs"], operation)
    return Selection(
        operation,
        after,
        until,
        values["kind"],
        values["outcome"],
        values["person"],
        values["code"],
        _uuid(values["album"]),
        values["words"],
        values["syncs"],
    )


def _check_syncs(query: str, operation: str | None) -> None:
    if operation is not None:
        raise BadSelection("“syncs” is a filter of the whole log, and this is one sync.")
    try:
        wanted = _history(query)
    except BadFilters as error:
        raise BadSelection(f"“syncs”: {error}") from None
    if wanted.words or wanted.before is not None:
        raise BadSelection("“syncs” names an album by its id only, and no page of the list.")


def _only(given: Mapping[str, Any], name: str) -> str:
    """The one value of a parameter, empty where there is none. An empty one would be taken for no
    filter at all, so it is refused."""
    values = (
        given.getlist(name) if hasattr(given, "getlist") else [given[name]] if name in given else []
    )
    if len(values) > 1:
        raise BadSelection(f"“{name}” is given {len(values)} times.")
    if values == [""]:
        raise BadSelection(f"“{name}” has no value.")
    return str(values[0]) if values else ""


def _position(name: str, text: str, head: int) -> int | None:
    if not text:
        return None
    if not POSITION.fullmatch(text):
        raise BadSelection(f"“{name}” is no position: “{text[:80]}”.")
    if int(text) > head:
        raise BadSelection(f"“{name}” is {text}, and the log ends at position {head}.")
    return int(text)


def _uuid(text: str) -> str:
    if not text:
        return ""
    try:
        return str(UUID(text))
    except ValueError:
        raise BadSelection(f"“{text[:80]}” is no id of an album.") from None
