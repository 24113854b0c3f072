"""Several worlds side by side, since each rescue takes the ten seconds of a lease."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from syncengine.events import Event
from tests.databases import Databases
from tests.demo import Demo
from tests.faults import invariants
from tests.faults.world import MOST_S, World
from tests.syncing import events

RESUME_LIMIT_S = 20.0  # the promise, from the death (or the rescuer's start) on


@contextmanager
def side_by_side(
    databases: Databases, folder: Path, like: str, demos: Iterable[Demo]
) -> Iterator[list[World]]:
    """A world for each demo (they may be the same one), with a copy of the database `like` each.

    Only one of these databases at a time is Django's: see `using`.
    """
    with ExitStack() as stack:
        worlds = []
        for number, demo in enumerate(demos):
            home = folder / f"world-{number}"
            home.mkdir()
            worlds.append(World(home, stack.enter_context(databases.fresh(like)), demo))
            stack.callback(worlds[-1].end)
        yield worlds


@contextmanager
def using(databases: Databases, world: World) -> Iterator[None]:
    """Look into this world; what fails meanwhile shows what its processes said."""
    databases.use(world.url)
    try:
        yield
    except BaseException:
        for process in world.processes:
            print(process.command, process.output, sep="\n")
        raise


def settle(world: World) -> None:
    """Wait for the end of what is unfinished in the world that is used, and check I1 to I11."""
    invariants.at_rest(MOST_S)
    invariants.check(world)


def taken_up_after(moment: float) -> list[Event]:
    """When somebody began or went on with the newest operation after `moment`, in seconds since
    the epoch."""
    return [event for event in events("started", "resumed") if timestamp(event) > moment]


def timestamp(event: Event) -> float:
    """When the event was appended, in seconds since the epoch."""
    return datetime.fromisoformat(event.at).timestamp()
