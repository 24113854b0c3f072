"""What can be chosen in the catalog's filters."""

from typing import Any

from albums.catalog import SORTS, Facets
from frontend.query import DEFAULT_SORT, CatalogQuery

MAX_CHOICES = 200  # the most frequent genres and labels; the search finds the others
FILTERS = ("genre", "decade", "label")
EMPTY = ("", None)


def choices(facets: Facets, asked: CatalogQuery) -> dict[str, Any]:
    """The lists of the filters. A value that no album has is shown as chosen, too.

    The numbers are of all albums, so a list has them only where nothing else narrows what choosing
    from it finds; of what is searched for, which changes as somebody types, the page sees to it.
    """
    return {
        "sorts": {name: label for name, (label, _) in SORTS.items()},
        "default_sort": DEFAULT_SORT,
        "genres": _listed(facets["genres"][:MAX_CHOICES], asked, "genre"),
        "decades": _listed(facets["decades"], asked, "decade"),
        "labels": _listed(facets["labels"][:MAX_CHOICES], asked, "label"),
    }


def _listed(
    choices: list[tuple[Any, int]], asked: CatalogQuery, name: str
) -> list[tuple[Any, int | None]]:
    chosen = getattr(asked, name)
    listed: list[tuple[Any, int | None]] = list(choices)
    if any(getattr(asked, other) not in EMPTY for other in FILTERS if other != name):
        listed = [(value, None) for value, _ in choices]
    if chosen in EMPTY or any(value == chosen for value, _ in choices):
        return listed
    return [*listed, (chosen, None)]
