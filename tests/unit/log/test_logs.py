"""The generated logs themselves: they are what could be stored, and they reach every corner."""

import json
from itertools import pairwise

from hypothesis import find, given, settings

from syncengine.events import Event, validated
from syncengine.schemas import SCHEMAS
from tests.logs import event_logs


@given(event_logs())
def test_every_generated_event_would_be_accepted(log: list[Event]) -> None:
    for event in log:
        assert validated(event.kind, event.data, event.operation)


@given(event_logs())
def test_a_generated_log_is_plain_json(log: list[Event]) -> None:
    rows = [event.as_json() for event in log]
    assert json.loads(json.dumps(rows)) == rows


def test_every_kind_is_generated() -> None:
    for kind, _ in SCHEMAS:
        assert find(
            event_logs(),
            lambda log, kind=kind: any(event.kind == kind for event in log),
            settings=settings(max_examples=2000),
        )


def test_clocks_that_step_backwards_are_generated() -> None:
    assert find(event_logs(), lambda log: any(b.at < a.at for a, b in pairwise(log)))
