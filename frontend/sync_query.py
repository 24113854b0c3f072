"""The URL of one sync's page, read strictly: a filter that is not understood is refused, since an
answer to another question is worse than none for an audit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlencode

from django.http import QueryDict

from syncengine import selection
from syncengine.http import HttpError
from syncengine.selection import POSITION, BadSelection, Selection

FILTERS = ("words", "outcome", "code", "kind", "person", "album")
PLACES = ("at", "after", "failed_after")  # positions in the log
OTHERS = ("archive",)  # a page of the albums that would be archived


@dataclass(frozen=True, slots=True)
class SyncQuery:
    """`wanted` are the events to list; `at` is the one to open, `after` and `failed_after` the
    positions that the lists begin after."""

    texts: Mapping[str, str]  # of the filters
    wanted: Selection
    at: int | None
    after: int
    failed_after: int

    @property
    def narrowed(self) -> bool:
        return bool(self.texts)

    def url(self, **changes: str | int | None) -> str:
        """The filters as a query, with some values replaced; an empty one is left out."""
        values = {**self.texts, **changes}
        kept = {name: value for name, value in values.items() if value not in (None, "")}
        return f"?{urlencode(kept)}" if kept else "?"


def parse(parameters: QueryDict, operation: str, head: int) -> SyncQuery:
    """What is asked for of a log that ends at `head`; raises HttpError (400)."""
    for name, values in parameters.lists():
        if name not in (*FILTERS, *PLACES, *OTHERS):
            _refuse(f"“{name[:80]}” is no filter of a sync.")
        if len(values) > 1:
            _refuse(f"“{name}” is given {len(values)} times.")
    # A form also sends the fields that were left empty.
    given = {name: text for name in parameters if (text := str(parameters[name]).strip())}
    texts = {name: given[name] for name in FILTERS if name in given}
    at, after, failed_after = (_position(given.get(name)) for name in PLACES)
    for name, position in (("after", after), ("failed_after", failed_after)):
        if position is not None and position > head:
            _refuse(f"“{name}” is {position}, and the log ends at position {head}.")
    try:
        wanted = selection.parse(texts, head, operation)
    except BadSelection as error:
        _refuse(str(error))
    return SyncQuery(texts, wanted, at, after or 0, failed_after or 0)


def _position(text: str | None) -> int | None:
    if text is None:
        return None
    if not POSITION.fullmatch(text):
        _refuse(f"“{text[:80]}” is no position in the log: positions are whole numbers from 1.")
    return int(text)


def _refuse(problem: str) -> NoReturn:
    raise HttpError(400, "bad-filter", problem, "Correct the address, or open the sync without it.")
