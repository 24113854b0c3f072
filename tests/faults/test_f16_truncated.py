"""F16: a sheet breaks off on its way, or is longer or shorter than it says."""

import pytest

from tests.browser import sheets
from tests.faults.proxy import Proxy
from tests.faults.upstreams import OutsideWorker, outside_worker, refused, synced
from tests.faults.world import World
from tests.syncing import in_catalog

ALBUMS = 60
# Within the sheet, behind the redirect that comes over the same connection.
CUT_AFTER_BYTES = 4_000


@pytest.fixture
def worker(world: World, to_google: Proxy) -> OutsideWorker:
    """A worker that has filled the catalog."""
    world.demo.sheet(*sheets.rows(ALBUMS))
    worker = outside_worker(world)
    assert synced()["state"] == "completed"
    # Not one row less: whatever of it arrives, it is the breaking off that must be noticed.
    world.demo.sheet(*sheets.rows(ALBUMS, label="Another"))
    return worker


def test_f16_a_sheet_that_is_not_whole_changes_nothing(
    world: World, worker: OutsideWorker, to_google: Proxy
) -> None:
    for way in ("truncated", "short-length"):
        world.demo.behave(sheet=way)
        world.demo.reset_calls()
        assert "incomplete" in refused("sheet-truncated")["message"]
        assert sum(world.demo.calls()["by_endpoint"]["GET /export-file/{link}"].values()) == 3
    world.demo.behave(sheet="normal")

    to_google.cut_after_bytes = CUT_AFTER_BYTES
    before = to_google.connections
    refused("sheet-truncated")
    assert to_google.connections - before >= 3

    to_google.cut_after_bytes = None
    operation = synced()
    assert (operation["state"], operation["updated"]) == ("completed", ALBUMS)
    assert len(in_catalog()) == ALBUMS
