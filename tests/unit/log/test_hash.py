"""The product's hash and the one written from the design's words alone say the same."""

import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncengine.events import MAX_SAFE_INTEGER, Event, canonical, chain_hash, instant
from tests.chain import hash_of, json_text
from tests.examples import EXAMPLES, OPERATION
from tests.logs import event_logs

AT = "2026-11-22T19:23:51.000120Z"
# Every character but NUL and surrogates: control characters, emoji, line separators, noncharacters.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def product_hash(
    previous_hash: str, position: int, operation: str | None, kind: str, data: Any
) -> str:
    return chain_hash(previous_hash, position, operation, kind, 1, AT, canonical(data))


def test_they_agree_on_every_example() -> None:
    previous_hash = "0" * 64
    for position, example in enumerate(EXAMPLES, start=1):
        operation, kind, data = example["operation"], example["kind"], example["data"]
        digest = product_hash(previous_hash, position, operation, kind, data)
        assert digest == hash_of(previous_hash, position, operation, kind, 1, AT, data)
        previous_hash = digest


@given(
    previous_hash=st.binary(min_size=32, max_size=32).map(bytes.hex),
    position=st.integers(1, MAX_SAFE_INTEGER),
    operation=st.none() | st.uuids().map(str),
    kind=texts,
    data=st.dictionaries(texts, values, max_size=5),
)
def test_they_agree_on_any_data(
    previous_hash: str, position: int, operation: str | None, kind: str, data: dict[str, Any]
) -> None:
    digest = product_hash(previous_hash, position, operation, kind, data)
    assert digest == hash_of(previous_hash, position, operation, kind, 1, AT, data)


@given(st.dictionaries(texts, values, max_size=5))
def test_the_stored_text_is_read_back_as_it_was_and_written_again_the_same(
    data: dict[str, Any],
) -> None:
    text = canonical(data)
    assert text == json_text(data)
    assert json.loads(text) == data
    assert canonical(json.loads(text)) == text


@given(event_logs(), st.data())
def test_every_part_of_an_event_counts(log: list[Event], data: st.DataObject) -> None:
    for event in log[:20]:
        parts = [
            event.previous_hash,
            event.position,
            event.operation,
            event.kind,
            event.version,
            event.at,
            canonical(event.data),
        ]
        assert chain_hash(*parts) == event.hash  # type: ignore[arg-type]
        other_hash = hashlib.sha256(event.previous_hash.encode()).hexdigest()
        others = [other_hash, event.position + 1, "x", "x", 2, AT, "{}"]
        index = data.draw(st.integers(0, 6))
        parts[index] = others[index]
        assert chain_hash(*parts) != event.hash  # type: ignore[arg-type]


def test_one_hash_worked_out_by_hand() -> None:
    array = (
        f'["{"0" * 64}",1,"{OPERATION}","cancel-requested",1,"{AT}",'
        '{"by":"Bj\u00f6rk \\"\\n\\u0001\u007f\u2028\U0001f3bb"}]'
    )
    data = {"by": 'Björk "\n\x01\x7f\u2028🎻'}
    digest = product_hash("0" * 64, 1, OPERATION, "cancel-requested", data)
    assert digest == hashlib.sha256(array.encode()).hexdigest()


@given(
    st.datetimes(
        datetime(1900, 1, 2),  # noqa: DTZ001
        datetime(9999, 12, 30),  # noqa: DTZ001
        timezones=st.integers(-840, 840).map(lambda offset: timezone(timedelta(minutes=offset))),
    )
)
def test_an_instant_is_utc_with_six_decimals_and_a_z(moment: datetime) -> None:
    text = instant(moment)
    assert len(text) == len(AT)
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == moment
