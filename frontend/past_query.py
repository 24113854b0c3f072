"""The URL of the catalog as it was: the catalog's own query, a moment, and what came since."""

from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from albums.catalog import SORTS
from frontend import query
from frontend.query import CatalogQuery
from syncengine.http import HttpError

AS_OF = "as-of"
SINCE = "since"
SINCE_CHOICES = ("", "added", "archived", "changed")


@dataclass(frozen=True, slots=True)
class PastQuery(CatalogQuery):
    """`since` is empty for the catalog as it was, else one of the ways in which today differs."""

    as_of: str = ""
    since: str = ""

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What a form that narrows the answer has to keep."""
        own = [(AS_OF, self.as_of), (SINCE, self.since)]
        return [(name, value) for name, value in own if value]

    @property
    def today(self) -> str:
        """The same search and filters in today's catalog."""
        return CatalogQuery.url(self, page=1)

    def url(self, **changes: str | int | None) -> str:
        own = dict(self.hidden) | {SINCE: changes.pop(SINCE, self.since)}
        rest = CatalogQuery.url(self, **changes).removeprefix("?")
        kept = urlencode({name: value for name, value in own.items() if value})
        return "?" + "&".join(filter(None, [kept, rest]))


def parse(parameters: QueryDict) -> tuple[PastQuery, list[str]]:
    """The query and a sentence for each thing in it that was left out. Raises HttpError where
    moment or difference are given twice, or the difference is none that there is."""
    others = parameters.copy()
    moments, differences = others.pop(AS_OF), others.pop(SINCE, [""])
    if len(moments) > 1 or len(differences) > 1:
        raise HttpError(400, "bad-moment", "More than one moment was given.", "Choose one of them.")
    if differences[0] not in SINCE_CHOICES:
        raise HttpError(
            400,
            "bad-difference",
            f"“{differences[0][: query.MAX_TEXT_LENGTH]}” is no difference between then and today.",
            f"Use {', '.join(filter(None, SINCE_CHOICES))}, or leave “{SINCE}” out.",
        )
    asked, notes = query.parse(others, SORTS)
    values = asdict(asked)
    return PastQuery(**values, as_of=moments[0].strip(), since=differences[0]), notes
