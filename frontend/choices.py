"""What can be chosen in the catalog's filters."""

from typing import Any

from albums.catalog import SORTS, Facets
from frontend.query import DEFAULT_SORT, CatalogQuery

MAX_CHOICES = 200  # the most frequent genres and labels; the search finds the others


def choices(facets: Facets, asked: CatalogQuery) -> dict[str, Any]:
    """The lists of the filters. A value that no album has is shown as chosen, too."""
    return {
        "sorts": {name: label for name, (label, _) in SORTS.items()},
        "default_sort": DEFAULT_SORT,
        "genres": _with_chosen(facets["genres"][:MAX_CHOICES], asked.genre),
        "decades": _with_chosen(facets["decades"], asked.decade),
        "labels": _with_chosen(facets["labels"][:MAX_CHOICES], asked.label),
    }


def _with_chosen(choices: list[tuple[Any, int]], chosen: Any) -> list[tuple[Any, int | None]]:
    if chosen in ("", None) or any(value == chosen for value, _ in choices):
        return list(choices)
    return [*choices, (chosen, None)]
