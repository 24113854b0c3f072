"""The switches: each one does what it says, and nothing else notices."""

import asyncio
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from project.demo.albums import Library
from project.demo.app import build
from project.demo.behaviour import State

from .conftest import BLUE, Demo

# The least that a test may take for granted about a wait on a busy machine, in seconds.
A_MOMENT = 0.25


async def test_the_state_is_complete_and_normal_at_first(demo: Demo) -> None:
    state = await (await demo.client.get("/behaviour")).json()
    assert state == {
        "slow": False,
        "rate_limit_calls": 0,
        "rate_limit_seconds": 8,
        "retry_after": "seconds",
        "limited_percent": 0,
        "limited_seconds": 1,
        "quota_exceeded": False,
        "quota_seconds": 48925,
        "network_lost": "off",
        "hang": "off",
        "drip": "off",
        "drip_ms": 1000,
        "broken_percent": 0,
        "credentials_refused": False,
        "premium_missing": False,
        "extended_mode": False,
        "failing_albums": [],
        "sheet": "normal",
        "redirect_to": "http://169.254.169.254/latest/meta-data/",
        "window": None,
        "latency_ms": None,
        "speed": 0,
        "custom_sheet_bytes": None,
        "custom_answers": 0,
    }


async def test_a_reset_brings_back_what_was_at_the_start(demo: Demo) -> None:
    await demo.client.post("/sheet", data=b"Album\n")
    await demo.client.post("/answers?path=/v1/search", data=b"{}")
    await demo.set(premium_missing=True, speed=3, sheet="half")
    state = await demo.set(reset=True, extended_mode=True)
    assert (state["premium_missing"], state["speed"], state["sheet"]) == (False, 0, "normal")
    assert (state["custom_sheet_bytes"], state["extended_mode"]) == (None, True)
    assert state["custom_answers"] == 0


@pytest.mark.parametrize(
    "wish",
    [
        {"sloow": True},
        {"slow": "perhaps"},
        {"broken_percent": 101},
        {"broken_percent": True},
        {"rate_limit_seconds": 0},
        {"sheet": "gone"},
        {"redirect_to": "http://x/\r\nSet-Cookie: y"},
        {"drip": "sheet"},
        {"network_lost": "everything"},
        {"failing_albums": ["short"]},
        {"window": "90"},
        {"window": "0:30"},
        {"speed": "nan"},
        ["slow"],
    ],
)
async def test_a_wish_that_makes_no_sense_changes_nothing(demo: Demo, wish: Any) -> None:
    before = await (await demo.client.get("/behaviour")).json()
    if isinstance(wish, dict):
        wish = {"premium_missing": True, **wish}
    answer = await demo.client.post("/behaviour", json=wish)
    assert answer.status == 400
    assert (await answer.json())["error"]
    assert await (await demo.client.get("/behaviour")).json() == before


async def test_the_next_calls_are_refused_and_then_no_more(demo: Demo) -> None:
    await demo.set(rate_limit_calls=2, rate_limit_seconds=5)
    answers = [await demo.spotify(f"/albums/{BLUE}") for _ in range(3)]
    assert [answer.status for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "5"
    assert (await answers[0].json())["error"]["message"] == "API rate limit exceeded"


@pytest.mark.parametrize("form", ["date", "negative", "absent"])
async def test_the_wait_is_told_in_every_form(demo: Demo, form: str) -> None:
    await demo.set(rate_limit_calls=1, rate_limit_seconds=3600, retry_after=form)
    answer = await demo.spotify(f"/albums/{BLUE}")
    told = answer.headers.get("Retry-After")
    if form == "date":
        wait = parsedate_to_datetime(str(told)) - datetime.now(UTC)
        assert 3500 < wait.total_seconds() <= 3600
    else:
        assert told == {"negative": "-3600", "absent": None}[form]


async def test_a_share_of_the_calls_is_refused(demo: Demo) -> None:
    await demo.set(limited_percent=30, limited_seconds=2)
    answers = [await demo.spotify(f"/albums/{BLUE}") for _ in range(60)]
    refused = [answer for answer in answers if answer.status == 429]
    assert 5 < len(refused) < 40
    assert {answer.headers["Retry-After"] for answer in refused} == {"2"}


async def test_an_exceeded_quota_says_so_and_asks_for_hours(demo: Demo) -> None:
    await demo.set(quota_exceeded=True)
    answer = await demo.spotify(f"/albums/{BLUE}")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "48925")
    assert (await answer.json())["error"]["reason"] == "QUOTA_EXCEEDED"
    assert (await demo.sign_in()).status == 200


async def test_a_window_accepts_so_many_calls_and_then_tells_how_long_to_wait(demo: Demo) -> None:
    await demo.set(window="3:1.5")
    many = [demo.spotify(f"/albums/{BLUE}") for _ in range(5)]
    await demo.sign_in()
    answers = await asyncio.gather(*many)
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 429, 429]
    wait = next(one.headers["Retry-After"] for one in answers if one.status == 429)
    assert wait in ("1", "2")
    await asyncio.sleep(1.6)
    assert (await demo.spotify(f"/albums/{BLUE}")).status == 200


async def test_a_lost_network_cuts_the_connection(demo: Demo) -> None:
    await demo.sign_in()
    await demo.set(network_lost="both")
    with pytest.raises(aiohttp.ClientConnectionError):
        await demo.spotify(f"/albums/{BLUE}")
    with pytest.raises(aiohttp.ClientConnectionError):
        await demo.sheet()
    assert "dropped" in (await demo.calls())["by_status"]


async def test_one_service_can_be_lost_without_the_other(demo: Demo) -> None:
    await demo.sign_in()
    await demo.set(network_lost="spotify")
    with pytest.raises(aiohttp.ClientConnectionError):
        await demo.spotify(f"/albums/{BLUE}")
    assert (await demo.sheet()).status == 200


async def test_a_hanging_service_never_answers_until_it_is_let_go(demo: Demo) -> None:
    await demo.set(hang="google")
    call = asyncio.ensure_future(demo.sheet())
    done, _ = await asyncio.wait([call], timeout=A_MOMENT)
    assert not done
    assert (await demo.calls())["in_flight"] == 1
    await demo.set(hang="off")
    with pytest.raises(aiohttp.ClientConnectionError):
        await call


@pytest.mark.parametrize("service", ["spotify", "google"])
async def test_a_dripping_service_sends_a_byte_at_a_time(demo: Demo, service: str) -> None:
    await demo.sign_in()
    await demo.set(drip=service, drip_ms=1)
    answer = await (demo.sheet() if service == "google" else demo.spotify(f"/albums/{BLUE}"))
    assert answer.status == 200
    parts = [await answer.content.readany() for _ in range(20)]
    assert 20 <= len(b"".join(parts)) < 500  # of some thousand
    answer.close()
    other = await (demo.spotify(f"/albums/{BLUE}") if service == "google" else demo.sheet())
    assert "Content-Length" in other.headers


async def test_answers_of_ones_own_take_the_place_of_spotifys(demo: Demo) -> None:
    path = f"/v1/albums/{BLUE}"
    answer = await demo.client.post(
        f"/answers?path={path}&status=203", data=b"{no json", headers={"Content-Type": "text/html"}
    )
    assert (await answer.json())["custom_answers"] == 1
    answer = await demo.spotify(f"/albums/{BLUE}")
    assert (answer.status, answer.content_type) == (203, "text/html")
    assert await answer.read() == b"{no json"
    assert (await demo.spotify(f"/albums/{BLUE}/tracks")).status == 200
    await demo.client.delete("/answers")
    assert (await demo.spotify(f"/albums/{BLUE}")).status == 200
    for query in ("path=/calls", "path=/v1/search&status=99", ""):
        assert (await demo.client.post(f"/answers?{query}", data=b"")).status == 400


async def test_a_caller_that_gives_up_leaves_nothing_behind(demo: Demo) -> None:
    await demo.set(hang="google")
    with pytest.raises(TimeoutError):
        await demo.sheet(timeout=aiohttp.ClientTimeout(total=A_MOMENT))
    for _ in range(40):
        counts = await demo.calls()
        if counts["in_flight"] == 0:
            break
        await asyncio.sleep(0.05)
    assert counts["in_flight"] == 0
    assert counts["by_status"] == {"hung": 1}


async def test_a_broken_spotify_answers_with_web_pages(demo: Demo) -> None:
    await demo.sign_in()
    await demo.set(broken_percent=100)
    answer = await demo.spotify(f"/albums/{BLUE}")
    assert answer.status in (500, 502, 503)
    assert answer.content_type == "text/html"
    await demo.set(broken_percent=50)
    statuses = [(await demo.spotify(f"/albums/{BLUE}")).status for _ in range(60)]
    assert 5 < statuses.count(200) < 55


async def test_refused_credentials_get_the_flat_error(demo: Demo) -> None:
    await demo.set(credentials_refused=True)
    answer = await demo.sign_in()
    assert (answer.status, (await answer.json())["error"]) == (400, "invalid_client")


async def test_a_missing_premium_is_told_in_plain_text(demo: Demo) -> None:
    await demo.set(premium_missing=True)
    answer = await demo.spotify(f"/albums/{BLUE}")
    assert (answer.status, answer.content_type) == (403, "text/plain")
    assert (await answer.text()).startswith("Active premium subscription required")


async def test_particular_albums_fail_alone(demo: Demo, library: Library) -> None:
    other = next(one for one in library.albums if one != BLUE)
    await demo.set(failing_albums=[BLUE])
    assert (await demo.spotify(f"/albums/{BLUE}")).status == 500
    assert (await demo.spotify(f"/albums/{other}")).status == 200


async def test_a_fixed_latency_is_kept_and_slow_is_eight_times_that(demo: Demo) -> None:
    await demo.sign_in()
    await demo.set(latency_ms=40)
    assert await seconds(demo) >= 0.04
    await demo.set(slow=True)
    assert await seconds(demo) >= 0.32


async def seconds(demo: Demo) -> float:
    begun = time.monotonic()
    await demo.spotify(f"/albums/{BLUE}")
    return time.monotonic() - begun


async def test_the_usual_latency_varies_around_180_milliseconds(library: Library) -> None:
    async with TestClient(TestServer(build(library, State(speed=0.2)))) as client:
        demo = Demo(client)
        await demo.sign_in()
        await demo.client.delete("/calls")
        await asyncio.gather(*(demo.spotify(f"/albums/{BLUE}") for _ in range(80)))
        times = (await demo.calls())["times"]
    # A busy machine only adds to it.
    assert times["median_ms"] > 25
    assert times["longest_ms"] > times["median_ms"]


async def test_calls_are_counted_by_endpoint_and_status(demo: Demo) -> None:
    await demo.sheet()
    await asyncio.gather(*(demo.spotify(f"/albums/{BLUE}") for _ in range(2)))
    await demo.spotify("/albums/short")
    await demo.client.get("/covers/none.svg")
    counts = await demo.calls()
    assert counts["by_endpoint"]["GET /spreadsheets/d/{id}/export"] == {"307": 1}
    assert counts["by_endpoint"]["GET /export-file/{link}"] == {"200": 1}
    assert counts["by_endpoint"]["GET /v1/albums/{id}"] == {"200": 2, "400": 1}
    assert counts["total"] == sum(counts["by_status"].values())
    assert len(counts["arrivals"]) == 3
    assert counts["recent"][0]["path"] == "/v1/albums/short"


async def test_overlap_and_refusals_are_measured(demo: Demo) -> None:
    await demo.sign_in()
    await demo.client.delete("/calls")
    await demo.set(latency_ms=150)
    await asyncio.gather(*(demo.spotify(f"/albums/{BLUE}") for _ in range(6)))
    await demo.set(rate_limit_calls=2)
    await demo.spotify(f"/albums/{BLUE}")
    await demo.spotify(f"/albums/{BLUE}")
    counts = await demo.calls()
    assert (counts["max_overlap"], counts["refused"], counts["refused_share"]) == (6, 2, 0.25)


async def test_counters_can_be_reset(demo: Demo) -> None:
    await demo.sheet()
    await demo.client.delete("/calls")
    counts = await demo.calls()
    assert (counts["total"], counts["by_endpoint"], counts["recent"]) == (0, {}, [])
