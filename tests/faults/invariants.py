"""What must hold after every fault, I1 to I11: one function each, and `check` for all of them."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from io import StringIO

from django.apps import apps
from django.core.management import call_command
from django.db import connections
from django.test import override_settings

from syncengine import log
from syncengine.events import Event
from syncengine.models import SyncOperation
from syncengine.projection import empty, fold
from syncengine.rebuild import differences
from syncengine.schemas import END_KINDS
from tests.faults.world import World
from tests.syncing import eventually

MIB = 1024 * 1024
MAX_GROWTH_BYTES = 50 * MIB
# The secret of the demo's app, what it is sent as, and a token of the demo's.
SECRETS = re.compile(r"demo-secret|ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ|BQ-demo-token-")


def check(world: World) -> None:
    """Check every invariant; the world is at rest, and its processes may have ended."""
    connections.close_all()
    all_events = list(log.events_between(0, log.head().position))
    acknowledged_events_are_still_there(world, all_events)
    positions_have_no_gap(all_events)
    albums_are_the_fold_of_their_events()
    every_run_has_exactly_one_end(all_events)
    one_run_at_a_time(all_events)
    browsers_have_what_the_server_has(world, all_events)
    the_log_verifies(world)
    no_secret_is_anywhere(world)
    no_traceback(world)
    memory_has_not_grown(world)
    no_run_is_stuck(world)


def acknowledged_events_are_still_there(world: World, all_events: list[Event]) -> None:
    """I1."""
    stored = {event.position: event.hash for event in all_events}
    for view in world.views:
        for event in view.events:
            assert stored.get(event.position) == event.hash, f"lost: {event}"


def positions_have_no_gap(all_events: list[Event]) -> None:
    """I2."""
    assert [event.position for event in all_events] == list(range(1, len(all_events) + 1))


def albums_are_the_fold_of_their_events() -> None:
    """I3, and the same for every other projection."""
    assert list(differences()) == []


def every_run_has_exactly_one_end(all_events: list[Event]) -> None:
    """I4."""
    asked = [event.operation for event in all_events if event.kind == "requested"]
    ended = Counter(event.operation for event in all_events if event.kind in END_KINDS)
    assert ended == Counter(asked), "a run without an end, or with two"


def one_run_at_a_time(all_events: list[Event]) -> None:
    """I5."""
    active = None
    for event in all_events:
        if event.kind == "requested":
            assert active is None, f"{event.operation} began while {active} was active"
            active = event.operation
        elif event.operation is not None:
            assert event.operation == active, f"{event.kind} of a run that is not active"
        if event.kind in END_KINDS:
            active = None


def browsers_have_what_the_server_has(world: World, all_events: list[Event]) -> None:
    """I6: what each socket knows is the fold of the log up to where it is."""
    for view in world.views:
        if view.status:
            position = view.status["position"]
            assert fold(all_events[:position], empty(log.head().log_id)) == view.status


def the_log_verifies(world: World) -> None:
    """I7."""
    with override_settings(CHECKPOINT_FILE=str(world.checkpoint_file)):
        call_command("verifylog", stdout=StringIO())


def no_secret_is_anywhere(world: World) -> None:
    """I8."""
    for place, text in everything_written(world):
        found = SECRETS.search(text)
        assert found is None, f"{place} holds {found and found.group()[:12]}"


def no_traceback(world: World) -> None:
    """I9, first half. That each process is up or was ended by the test, `World` sees to."""
    said = "".join(process.output for process in world.processes)
    assert said.count("Traceback") == world.tracebacks, said


def memory_has_not_grown(world: World) -> None:
    """I10."""
    for process, before in world.rss_at_start.items():
        if process.is_running:
            grown = process.rss_bytes - before
            assert grown < MAX_GROWTH_BYTES, f"{process.command} grew by {grown / MIB:.0f} MiB"


def no_run_is_stuck(world: World) -> None:
    """I11: at rest nothing is unfinished, and until then nothing was left alone."""
    assert world.care.complaints == [], world.care.complaints
    assert not SyncOperation.objects.filter(finished_at__isnull=True).exists()


def at_rest(limit_s: float) -> None:
    """Wait until no run is unfinished."""
    eventually(lambda: not SyncOperation.objects.filter(finished_at__isnull=True).exists(), limit_s)


def everything_written(world: World) -> Iterator[tuple[str, str]]:
    """What processes, sockets and the database hold, each with where it is: a log, a frame, or
    the model of a row."""
    for process in world.processes:
        yield "a log", process.output
    for view in world.views:
        yield "a frame", json.dumps([event.as_json() for event in view.events])
        yield "a snapshot", json.dumps(view.status)
    for model in apps.get_models():
        for row in model._default_manager.values_list():
            yield (
                model.__name__,
                " ".join(
                    bytes(value).decode(errors="replace")
                    if isinstance(value, bytes | memoryview)
                    else str(value)
                    for value in row
                ),
            )
