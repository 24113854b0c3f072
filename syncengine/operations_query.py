"""The URL of a list of syncs, read strictly: what is not understood is refused, since an answer to
another question than the one that was asked is worse than none for an audit."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict

from syncengine.operations_found import STATES, Wanted
from syncengine.schemas import MAX_SAFE_INTEGER
from syncengine.sentences import TRIGGERS

MAX_NAME_LENGTH = 500  # of a person, as the log has it
MAX_WORDS_LENGTH = 200
MAX_QUOTED_LENGTH = 60  # of what is wrong, in the sentence that says so
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CODE = re.compile(r"[a-z0-9-]{1,60}")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
POSITION = re.compile(r"[1-9][0-9]{0,15}")


class BadFilters(Exception):
    """`problems` says in a sentence each what is wrong and how it would be right, by the name of
    the filter; `texts` is what was given for those that there are."""

    def __init__(self, problems: Mapping[str, str], texts: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems
        self.texts = texts


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """What the URL asks for. `words` look for an album, which `wanted` then does not name."""

    texts: Mapping[str, str]
    wanted: Wanted
    words: str = ""
    before: int | None = None

    @property
    def narrowed(self) -> bool:
        """Whether syncs are left out of the answer besides newer ones."""
        return bool(self.texts.keys() - {"before"})

    def url(self, **changes: str | int | UUID | None) -> str:
        """This query as a link, with some values replaced; an empty one is left out."""
        values = {name: changes.get(name, self.texts.get(name)) for name in NAMES}
        kept = {name: str(value) for name, value in values.items() if value not in (None, "")}
        return f"?{urlencode(kept)}" if kept else "/syncs/"

    def refuse(self, name: str, problem: str) -> NoReturn:
        """For what only a look into the catalog or the log can tell; raises BadFilters."""
        raise BadFilters({name: problem}, self.texts)


def parse(parameters: QueryDict) -> HistoryQuery:
    """What is asked for; raises BadFilters, which names everything that is wrong."""
    problems = dict(_unreadable(parameters))
    given = {name: parameters.get(name, "").replace("\0", "").strip() for name in NAMES}
    texts = {name: text for name, text in given.items() if text}
    values: dict[str, Any] = {}
    for name, text in texts.items():
        if name not in problems:
            try:
                values[name] = READERS[name](text)
            except ValueError as error:
                problems[name] = f"“{_quoted(text)}” {error}"
    since, until = values.get("since"), values.get("until")
    if since and until and since > until:
        problems["since"] = f"The first day, {since}, is after the last, {until}: swap them."
    if problems:
        raise BadFilters(problems, texts)
    before, words = values.pop("before", None), ""
    if isinstance(values.get("album"), str):
        words = values.pop("album")
    return HistoryQuery(texts, Wanted(**values), words, before)


def _unreadable(parameters: QueryDict) -> Iterator[tuple[str, str]]:
    for name, given in parameters.lists():
        if name not in NAMES:
            known = f"{', '.join(NAMES[:-1])} and {NAMES[-1]}"
            yield name, f"There is no filter “{_quoted(name)}”: the filters are {known}."
        elif len(given) > 1:
            yield name, f"It was given {len(given)} times: give it once."
        elif "\0" in given[0]:
            yield name, "It has a character that cannot be searched for: leave it out."


def _quoted(text: str) -> str:
    shown = text if len(text) <= MAX_QUOTED_LENGTH else f"{text[:MAX_QUOTED_LENGTH]}…"
    return shown.replace("\0", "�")


def _day(text: str) -> date:
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # the 30th of February
    raise ValueError("is no day: write it as 2026-11-03.")


def _one_of(choices: Mapping[str, object]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"is none of those that there are: {', '.join(choices)}.")
        return text

    return read


def _person(text: str) -> str:
    if len(text) > MAX_NAME_LENGTH:
        raise ValueError(f"is too long for a name: it has at most {MAX_NAME_LENGTH} characters.")
    return text


def _code(text: str) -> str:
    if not CODE.fullmatch(text):
        raise ValueError(
            "is no error code: codes are of small letters, digits and hyphens, as album-no-match."
        )
    return text


def _album(text: str) -> UUID | str:
    if ID.fullmatch(text):
        return UUID(text)
    if len(text) > MAX_WORDS_LENGTH:
        raise ValueError(f"is too long: at most {MAX_WORDS_LENGTH} characters are looked for.")
    return text


def _position(text: str) -> int:
    if not POSITION.fullmatch(text) or int(text) > MAX_SAFE_INTEGER:
        raise ValueError("is no position in the log: positions are whole numbers from 1.")
    return int(text)


READERS: Mapping[str, Callable[[str], date | str | int | UUID]] = {
    "since": _day,
    "until": _day,
    "state": _one_of(STATES),
    "by": _person,
    "trigger": _one_of(TRIGGERS),
    "album": _album,
    "code": _code,
    "before": _position,
}
NAMES = tuple(READERS)
