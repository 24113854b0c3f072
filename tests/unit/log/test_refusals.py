"""Strict at the door: what an event must not be."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from syncengine.events import MAX_DATA_BYTES, InvalidEvent, canonical, validated
from tests.examples import ALBUM, EXAMPLES, OPERATION, SHEET, Example, example

Path = tuple[str | int, ...]


def paths(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place in a JSON value."""
    yield path, value
    if isinstance(value, dict):
        for key in value:
            yield from paths(value[key], (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*path, index))


def replaced(data: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    data = copy.deepcopy(data)
    parent = data
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = value
    return data


def refused(example: Example, data: Any) -> None:
    with pytest.raises(InvalidEvent):
        validated(example["kind"], data, example["operation"])


each = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: str(e["kind"]))
FREE = {"details", "filter", "result", "changes"}  # their keys may be left out
OPEN = {"details", "filter", "result"}  # any key may be there


@each
def test_a_missing_key_at_any_depth(example: Example) -> None:
    tried = 0
    for path, value in paths(example["data"]):
        if isinstance(value, dict) and not (path and path[-1] in FREE):
            for key in value:
                refused(example, replaced(example["data"], path, without(value, key)))
                tried += 1
    assert tried


def without(value: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name != key}


@each
def test_an_unknown_key_at_any_depth(example: Example) -> None:
    for path, value in paths(example["data"]):
        if isinstance(value, dict) and not (path and path[-1] in OPEN):
            refused(example, replaced(example["data"], path, {**value, "extra": "x"}))


@each
@pytest.mark.parametrize(
    "wrong",
    [1.0, 1.5, float("nan"), b"bytes", ("tuple",), {"set"}, object()],
    ids=["float", "fraction", "nan", "bytes", "tuple", "set", "object"],
)
def test_what_json_or_a_browser_cannot_hold_at_any_place(example: Example, wrong: Any) -> None:
    for path, _ in paths(example["data"]):
        refused(example, replaced(example["data"], path, wrong))


@each
def test_another_type_at_any_place(example: Example) -> None:
    for path, value in paths(example["data"]):
        if path and path[0] in OPEN:
            continue  # these take texts and numbers
        for wrong in wrong_for(value):
            refused(example, replaced(example["data"], path, wrong))


def wrong_for(value: Any) -> list[Any]:
    match value:
        case bool():
            return [0, 1, "true", [], {}]
        case int():
            return [True, str(value), [], {}]
        case str():
            return [1, True, [], {}]
        case list():
            return ["text", 1, {}, None, tuple(value)]
        case dict():
            return ["text", 1, [], None]
    return [{}]


@each
@pytest.mark.parametrize("text", ["a\0b", "\ud800", "a\udfffb"], ids=["nul", "high", "low"])
def test_nul_and_lone_surrogates_in_any_text(example: Example, text: str) -> None:
    for path, value in paths(example["data"]):
        if isinstance(value, str):
            refused(example, replaced(example["data"], path, text))
        if isinstance(value, dict) and path and path[-1] in OPEN:
            refused(example, replaced(example["data"], path, {**value, text: "x"}))


@each
@pytest.mark.parametrize("number", [2**53, -(2**53), 2**63, 10**400])
def test_an_integer_that_javascript_would_round(example: Example, number: int) -> None:
    for path, value in paths(example["data"]):
        if isinstance(value, int) and not isinstance(value, bool):
            refused(example, replaced(example["data"], path, number))


def test_the_largest_integer_is_still_accepted() -> None:
    data = example("failed")["data"] | {"details": {"n": 2**53 - 1, "m": 1 - 2**53}}
    assert validated("failed", data, OPERATION)[0] == 1


@pytest.mark.parametrize("kind", ["", "Requested", "requested ", "album-merged", "requested\0"])
def test_an_unknown_kind(kind: str) -> None:
    with pytest.raises(InvalidEvent, match="unknown event kind"):
        validated(kind, example("requested")["data"], OPERATION)


@each
def test_an_operation_that_is_missing_or_superfluous(example: Example) -> None:
    other = OPERATION if example["operation"] is None else None
    with pytest.raises(InvalidEvent, match="with operation"):
        validated(example["kind"], example["data"], other)


@pytest.mark.parametrize(
    "operation",
    [
        "",
        "none",
        OPERATION.upper(),
        OPERATION.replace("-", ""),
        f"{{{OPERATION}}}",
        f"urn:uuid:{OPERATION}",
        f"{OPERATION}\n",
        f" {OPERATION}",
        OPERATION[:-1],
        OPERATION[:-1] + "g",
    ],
)
def test_another_spelling_of_a_uuid(operation: str) -> None:
    with pytest.raises(InvalidEvent):
        validated("cancel-requested", {"by": "ann"}, operation)
    data = example("album-removed")["data"] | {"album": operation}
    refused(example("album-removed"), data)


@pytest.mark.parametrize("digest", ["", SHEET.upper(), SHEET[:-1], SHEET + "0", "g" * 64, "٣" * 64])
def test_another_spelling_of_a_digest(digest: str) -> None:
    refused(example("stage-started"), example("stage-started")["data"] | {"sheet": digest})


@pytest.mark.parametrize(
    "instant",
    [
        "",
        "2026-11-23T09:00:00Z",
        "2026-11-23T09:00:00.000Z",
        "2026-11-23 09:00:00.000000Z",
        "2026-11-23T09:00:00.000000+00:00",
        "2026-11-23T09:00:00.000000z",
        "2026-11-23T09:00:00.000000Z\n",
        "2026-02-30T09:00:00.000000Z",
        "2026-13-01T09:00:00.000000Z",
        "2026-11-23T24:00:01.000000Z",
        "0000-11-23T09:00:00.000000Z",
        "٢٠٢٦-11-23T09:00:00.000000Z",
    ],
)
def test_a_time_that_is_none_or_is_spelled_otherwise(instant: str) -> None:
    refused(example("waiting"), example("waiting")["data"] | {"until": instant})


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("stage-started", "stage", "covers"),
        ("album-synced", "outcome", "Added"),
        ("waiting", "service", "Spotify"),
        ("waiting", "reason", ""),
        ("resumed", "reason", "restart"),
        ("requested", "trigger", "cron"),
        ("album-failed", "code", "Not Found"),
        ("album-failed", "code", "x" * 61),
        ("requested", "by", ""),
        ("requested", "by", "x" * 501),
        ("started", "attempt", 0),
        ("completed", "failed", -1),
        ("album-failed", "row", 0),
        ("album-failed", "n", -1),
        ("album-removed", "title", "x" * 10_001),
    ],
)
def test_a_value_outside_its_set(kind: str, key: str, value: Any) -> None:
    refused(example(kind), example(kind)["data"] | {key: value})


@pytest.mark.parametrize("stage", ["spotify", "albums"])
@pytest.mark.parametrize("unknown", ["total", "sheet"])
def test_a_later_stage_without_its_sheet_and_total(stage: str, unknown: str) -> None:
    data = {"stage": stage, "total": 1, "sheet": SHEET} | {unknown: None}
    refused(example("stage-started"), data)


@pytest.mark.parametrize(
    "change", [{"year": [1]}, {"year": [1, 2, 3]}, {"title": ["x", None]}, {"genres": [None, [1]]}]
)
def test_a_change_that_is_none(change: dict[str, Any]) -> None:
    refused(example("album-synced"), example("album-synced")["data"] | {"changes": change})


@pytest.mark.parametrize("count", [0, 101])
def test_no_album_or_more_than_a_hundred_left_alone(count: int) -> None:
    places = [{"album": ALBUM, "key": "k", "row": 1}] * count
    refused(example("albums-unchanged"), example("albums-unchanged")["data"] | {"albums": places})


@pytest.mark.parametrize("letter", ["a", "é", "🎻", '"', "\n"])
def test_data_of_64_kib_is_accepted_and_one_byte_more_is_not(letter: str) -> None:
    def texts(size_bytes: int) -> dict[str, Any]:
        """Data of exactly so many bytes of canonical JSON."""
        data = example("verified")["data"] | {"filter": {str(n): letter * 1500 for n in range(9)}}
        missing = size_bytes - len(canonical(data).encode())
        while missing > 0:
            data["filter"][f"{missing:06}"] = "x" * min(9_000, max(0, missing - 12))
            missing = size_bytes - len(canonical(data).encode())
        return data

    largest = texts(MAX_DATA_BYTES)
    assert len(validated("verified", largest, None)[1].encode()) == 64 * 1024
    with pytest.raises(InvalidEvent, match="bytes"):
        validated("verified", texts(MAX_DATA_BYTES + 1), None)


def test_a_nesting_that_no_reader_could_follow() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    changes = {"genres": [None, deep]}
    refused(example("album-synced"), example("album-synced")["data"] | {"changes": changes})


@pytest.mark.parametrize("data", [None, [], "", 1, "{}"])
def test_data_that_is_no_object(data: Any) -> None:
    refused(example("cancel-requested"), data)
