"""The URL of one sync's page, read strictly: a filter that is not understood is refused, since an
answer to another question is worse than none for an audit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlencode

from django.http import QueryDict

from syncengine import selection
from syncengine.http import HttpError
from syncengine.schemas import MAX_SAFE_INTEGER
from syncengine.selection import BadSelection, Selection

FILTERS = ("words", "outcome", "code", "kind", "person", "album")
PLACES = ("at", "after", "failed_after")  # positions in the log
OTHERS = ("archive",)  # a page of the albums that would be archived
POSITION = re.compile(r"[0-9]{1,16}")


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
    given = {name: values for name, values in parameters.lists() if values != [""]}
    for name, values in given.items():
        if name not in (*FILTERS, *PLACES, *OTHERS):
            _refuse(f"“{name[:80]}” is no filter of a sync.")
        if len(values) > 1:
            _refuse(f"“{name}” is given {len(values)} times.")
    texts = {name: given[name][0].strip() for name in FILTERS if name in given}
    texts = {name: text for name, text in texts.items() if text}
    at, after, failed_after = (_position(name, given) for name in PLACES)
    try:
        wanted = selection.parse(texts, head, operation)
    except BadSelection as error:
        _refuse(str(error))
    return SyncQuery(texts, wanted, at, after or 0, failed_after or 0)


def _position(name: str, given: Mapping[str, list[str]]) -> int | None:
    if name not in given:
        return None
    text = given[name][0]
    if not POSITION.fullmatch(text) or int(text) > MAX_SAFE_INTEGER:
        _refuse(f"“{text[:80]}” is no position in the log: positions are whole numbers from 1.")
    return int(text)


def _refuse(problem: str) -> NoReturn:
    raise HttpError(400, "bad-filter", problem, "Correct the address, or open the sync without it.")
