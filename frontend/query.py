"""The catalog page's URL, read strictly: what is not understood is named on the page."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

MAX_TEXT_LENGTH = 200
VIEWS = ("grid", "list")
DEFAULT_SORT = "artist"
NAMES = ("q", "sort", "genre", "decade", "label", "view", "page")


@dataclass(frozen=True, slots=True)
class CatalogQuery:
    q: str = ""
    sort: str = DEFAULT_SORT
    genre: str = ""
    decade: int | None = None
    label: str = ""
    view: str = "grid"
    page: int = 1

    @property
    def narrowed(self) -> bool:
        """Whether albums are left out of the answer."""
        return bool(self.q or self.genre or self.decade is not None or self.label)

    def url(self, **changes: str | int | None) -> str:
        """This query as a link, defaults left out, with some values replaced."""
        defaults = CatalogQuery()
        values = {name: changes.get(name, getattr(self, name)) for name in NAMES}
        kept = {
            name: value
            for name, value in values.items()
            if value is not None and value != getattr(defaults, name)
        }
        return f"?{urlencode(kept)}" if kept else "?"


def parse(parameters: QueryDict, sorts: Collection[str]) -> tuple[CatalogQuery, list[str]]:
    """The query and a sentence for each thing in it that was left out."""
    notes: list[str] = []
    values = {name: _text(parameters, name, notes) for name in NAMES}
    notes.extend(
        f"“{name[:MAX_TEXT_LENGTH]}” is not something this page can filter by, so it was left out."
        for name in parameters
        if name not in NAMES
    )
    return (
        CatalogQuery(
            q=values["q"],
            sort=_choice(values, "sort", sorts, DEFAULT_SORT, notes),
            genre=values["genre"],
            decade=_decade(values["decade"], notes),
            label=values["label"],
            view=_choice(values, "view", VIEWS, VIEWS[0], notes),
            page=_page(values["page"], notes),
        ),
        notes,
    )


def _text(parameters: QueryDict, name: str, notes: list[str]) -> str:
    given = parameters.getlist(name)
    if len(given) > 1:
        notes.append(f"“{name}” was given {len(given)} times; the last one counts.")
    text = given[-1].strip() if given else ""
    if "\0" in text:  # PostgreSQL refuses it in a parameter
        notes.append(f"“{name}” held a character that cannot be searched for, which was left out.")
        text = text.replace("\0", "")
    if len(text) > MAX_TEXT_LENGTH:
        notes.append(f"“{name}” was cut to its first {MAX_TEXT_LENGTH} characters.")
        text = text[:MAX_TEXT_LENGTH]
    return text


def _choice(
    values: Mapping[str, str], name: str, known: Collection[str], default: str, notes: list[str]
) -> str:
    value = values[name]
    if value and value not in known:
        notes.append(f"“{value}” is not a known {name}, so “{default}” is used.")
        return default
    return value or default


def _decade(text: str, notes: list[str]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) == 4 and text.endswith("0"):
        return int(text)
    notes.append(f"“{text}” is not a decade, so albums of every decade are shown.")
    return None


def _page(text: str, notes: list[str]) -> int:
    if not text:
        return 1
    if text.isascii() and text.isdigit() and int(text[:9]) > 0:
        return int(text[:9])
    notes.append(f"“{text}” is not a page, so the first one is shown.")
    return 1
