"""F26: the sheet's redirect, or the name that it leads to, ends at an address that may not be
called: refused before anybody is connected to, and nothing of the address is told."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from syncengine import log
from tests.faults.upstreams import (
    Listener,
    Names,
    OutsideWorker,
    listener,
    outside_worker,
    refused,
    synced,
)
from tests.faults.world import World
from tests.sheets import LINKED

pytestmark = pytest.mark.once

# What no answer may tell somebody who probes a network with a sheet of theirs.
CONTENT = "inside.groovelog.test"
GOOGLES = "doc-0s-sheets.googleusercontent.com"  # a host that redirects may lead to
REBINDING = "doc-rebinding-sheets.googleusercontent.com"  # another address at each question
BOTH = "doc-both-sheets.googleusercontent.com"  # two addresses
PUBLIC = "142.250.74.110"  # stands for one of Google's; nobody gets there from here


@pytest.fixture
def inside() -> Iterator[Listener]:
    """Somebody on this machine who must not hear of it."""
    with listener() as inside:
        yield inside


def locations(port: int) -> list[str]:
    """Where a redirect must not lead."""
    return [
        "http://169.254.169.254/latest/meta-data/",
        f"http://127.0.0.1:{port}/{CONTENT}",
        f"https://127.0.0.1:{port}/{CONTENT}",
        f"http://localhost:{port}/",
        f"http://127.1:{port}/",
        f"http://2130706433:{port}/",
        f"http://0.0.0.0:{port}/",
        f"http://[::1]:{port}/",
        f"http://[::ffff:127.0.0.1]:{port}/",
        f"//127.0.0.1:{port}/",
        f"https://{GOOGLES}:{port}/",
        f"http://{GOOGLES}/",
        f"https://{GOOGLES}@127.0.0.1:{port}/",
        f"https://{CONTENT}#.googleusercontent.com",
        "https://googleusercontent.com.example/",
        "https://docs.google.com.example/",
        f"https://{CONTENT}/export",
        "file:///etc/passwd",
        f"gopher://127.0.0.1:{port}/x",
        "data:text/csv,Artist,Album",
        "javascript:alert(1)",
        "http://[",
        "http://:0/",
    ]


def names(inside: Listener) -> Names:
    """What the DNS says: these hosts are allowed, where they lead to is not."""
    here, outside = ("127.0.0.1", inside.port), (PUBLIC, 443)
    return {
        GOOGLES: [[here]],
        "doc-10-sheets.googleusercontent.com": [[("10.0.0.1", 443), ("192.168.0.1", 443)]],
        "doc-meta-sheets.googleusercontent.com": [[("169.254.169.254", 80)]],
        REBINDING: [[outside], [here]],
        BOTH: [[here, outside]],
        CONTENT: [[here]],
        "localhost": [[here]],
    }


@pytest.fixture
def worker(world: World, inside: Listener) -> OutsideWorker:
    """A worker that has read the sheet once, and that a proxy is recommended to."""
    for scheme in ("HTTP", "HTTPS", "ALL"):
        world.environment[f"{scheme}_PROXY"] = f"http://127.0.0.1:{inside.port}"
    world.demo.sheet(*LINKED)
    worker = outside_worker(world, names(inside))
    assert synced()["state"] == "completed"
    return worker


def test_f26_nobody_is_connected_to(world: World, worker: OutsideWorker, inside: Listener) -> None:
    allowed = [f"https://{name}/export" for name in names(inside) if name.startswith("doc-")]
    never = [one for one in allowed if REBINDING not in one and BOTH not in one]
    for location in [*locations(inside.port), *never]:
        world.demo.behave(sheet="private-redirect", redirect_to=location)
        error = refused("sheet-blocked-address")
        assert error["message"] == "The sheet's address leads to a blocked address."
        assert error["details"] == {}
    told = json.dumps([event.as_json() for event in log.events_after(0)]) + worker.output
    for content in (CONTENT, "169.254", "127.1", "googleusercontent", "passwd", str(inside.port)):
        assert content not in told
    known = {urlsplit(url).port for url in (world.demo.origin, world.environment["REDIS_URL"])}
    assert {port for _, port in worker.called} <= known
    assert {address for address, _ in worker.called} == {"127.0.0.1"}
    assert inside.connections() == 0


def test_f26_a_name_that_leads_outside_and_inside_is_called_outside_alone(
    world: World, worker: OutsideWorker, inside: Listener
) -> None:
    for name in (REBINDING, BOTH):
        before = len(worker.called)
        world.demo.behave(sheet="private-redirect", redirect_to=f"https://{name}/export")
        error = refused("network", service="Google Sheets")  # nobody gets outside from here
        assert PUBLIC not in json.dumps(error)
        called = worker.called[before:]
        assert (PUBLIC, 443) in called
        assert ("127.0.0.1", inside.port) not in called
    assert inside.connections() == 0
