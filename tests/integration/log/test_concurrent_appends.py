"""Writers at once leave one gapless chain, and readers never pass an event over."""

from functools import partial
from threading import Event as Signal
from threading import Thread

from django.db import connections

from syncengine import log
from syncengine.triggers import TABLE
from syncengine.verify import verify
from tests.concurrency import at_once, in_processes
from tests.histories import audit
from tests.tampering import as_stored, raw

EACH = 12


def write_many(count: int = EACH) -> None:
    for number in range(count):
        audit("verified" if number % 2 else "exported")


def crash_often(count: int = EACH) -> None:
    for _ in range(count):
        try:
            with log.appending() as appender:
                appender.append("exported", {"by": "nobody"}, None)
        except ValueError:
            continue


def gapless_to(head: int) -> None:
    assert raw(f"SELECT position FROM {TABLE} ORDER BY position") == [
        (position,) for position in range(1, head + 1)
    ]
    assert log.head().position == head
    report = verify()
    assert report.is_sound, report.problems


def test_eight_threads_make_one_gapless_chain(database: str) -> None:
    assert at_once(*[write_many] * 8) == [None] * 8
    gapless_to(8 * EACH)


def test_threads_that_fail_in_between_leave_no_gap(database: str) -> None:
    assert at_once(*[write_many, crash_often] * 4) == [None] * 8
    gapless_to(4 * EACH)


def test_four_processes_make_one_gapless_chain(database: str) -> None:
    in_processes(database, f"for _ in range({EACH}): audit('verified')", 4)
    gapless_to(4 * EACH)


def test_a_reader_of_what_is_after_its_position_misses_nothing(database: str) -> None:
    done = Signal()
    seen: list[list[int]] = [[], []]

    def poll(positions: list[int]) -> None:
        while True:
            last_look = done.is_set()
            after = positions[-1] if positions else 0
            positions += [event.position for event in log.events_after(after)]
            if last_look:
                connections.close_all()
                return

    readers = [Thread(target=partial(poll, positions)) for positions in seen]
    for reader in readers:
        reader.start()
    at_once(*[write_many, crash_often] * 4)
    done.set()
    for reader in readers:
        reader.join()
    assert seen == [list(range(1, 4 * EACH + 1))] * 2


def test_a_reader_sees_head_and_events_of_whole_transactions_only(database: str) -> None:
    with log.appending() as appender:
        appender.append("exported", audit_data(), None)
        others_view = at_once(lambda: (log.head().position, len(as_stored())))
        appender.append("exported", audit_data(), None)
    assert others_view == [(0, 0)]
    assert at_once(lambda: (log.head().position, len(as_stored()))) == [(2, 2)]


def audit_data() -> dict[str, object]:
    return {"by": "eve", "what": "the log", "filter": {}, "result": {}}
