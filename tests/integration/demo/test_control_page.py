"""The page on which a person turns the switches, and who may turn them."""

import re

import pytest

from project.demo.albums import Library, album_id
from project.demo.covers import draw

from .conftest import Demo


async def page(demo: Demo) -> str:
    answer = await demo.client.get("/")
    assert answer.status == 200
    return await answer.text()


async def test_it_says_what_is_on(demo: Demo) -> None:
    await demo.set(speed=1)
    assert "<strong>Everything is normal</strong>" in await page(demo)
    await demo.set(slow=True, sheet="hidden")
    assert "<strong>Sheet: hidden: 401, Slow</strong>" in await page(demo)
    await demo.client.post("/answers?path=/v1/search", data=b"{}")
    await demo.set(drip="spotify")
    assert "Drip: Spotify, Answers of your own</strong>" in await page(demo)


async def test_a_form_sets_a_switch_and_leads_back(demo: Demo) -> None:
    form = {"rate_limit_calls": "3", "rate_limit_seconds": "8"}
    answer = await demo.client.post("/behaviour", data=form, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert (await (await demo.client.get("/behaviour")).json())["rate_limit_calls"] == 3


async def test_every_switch_has_its_place_on_the_page(demo: Demo) -> None:
    text = await page(demo)
    state = await (await demo.client.get("/behaviour")).json()
    by_argument_or_test = {"window", "latency_ms", "speed", "custom_sheet_bytes", "custom_answers"}
    for name in (state.keys() - by_argument_or_test) | {"expire_tokens", "reset"}:
        assert f'name="{name}"' in text, name


async def test_it_runs_no_script_and_loads_nothing_from_elsewhere(demo: Demo) -> None:
    answer = await demo.client.get("/")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in await answer.text()
    written = re.sub(r'name="redirect_to" value="[^"]*"', "", await answer.text())
    assert "http" not in written.replace("http-equiv", "")
    assert (await demo.client.get("/control.css")).content_type == "text/css"


async def test_it_shows_the_last_calls_and_trusts_none_of_them(demo: Demo) -> None:
    await demo.spotify("/search", q="<b>blue</b>", type="album")
    assert "q=&lt;b&gt;blue&lt;/b&gt;" in await page(demo)


@pytest.mark.parametrize("path", ["/", "/behaviour", "/v1/search", "/healthz"])
@pytest.mark.parametrize("host", ["groovelog.example", "127.0.0.1.nip.example", "10.0.0.1", ""])
async def test_names_that_are_not_loopback_are_refused(demo: Demo, path: str, host: str) -> None:
    answer = await demo.client.get(path, headers={"Host": host})
    assert answer.status == 403


@pytest.mark.parametrize("host", ["localhost:8001", "127.0.0.1", "[::1]:8001"])
async def test_loopback_names_are_welcome(demo: Demo, host: str) -> None:
    assert (await demo.client.get("/", headers={"Host": host})).status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/behaviour"), ("POST", "/sheet"), ("DELETE", "/calls")]
)
async def test_another_site_cannot_turn_a_switch(
    demo: Demo, method: str, path: str, origin: str
) -> None:
    answer = await demo.client.request(method, path, headers={"Origin": origin})
    assert answer.status == 403


async def test_its_own_forms_can(demo: Demo) -> None:
    origin = str(demo.client.make_url("")).rstrip("/")
    form = {"slow": "true"}
    answer = await demo.client.post("/behaviour", data=form, headers={"Origin": origin})
    assert answer.status == 200


async def test_a_cover_is_a_sandboxed_picture_with_the_title_in_it(demo: Demo) -> None:
    identifier = album_id("Marvin Gaye", "What's Going On", "1971")
    answer = await demo.client.get(f"/covers/{identifier}-300.svg")
    assert (answer.status, answer.content_type) == (200, "image/svg+xml")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    text = await answer.text()
    assert 'width="300"' in text
    assert ">What&#x27;s Going On</text>" in text


async def test_the_smallest_cover_has_no_letters(demo: Demo) -> None:
    identifier = album_id("Marvin Gaye", "What's Going On", "1971")
    assert "<text" not in await (await demo.client.get(f"/covers/{identifier}-64.svg")).text()


@pytest.mark.parametrize("name", ["short-300", "0" * 22 + "-301", "0" * 22])
async def test_what_is_no_cover_is_not_found(demo: Demo, name: str) -> None:
    assert (await demo.client.get(f"/covers/{name}.svg")).status == 404


def test_covers_are_the_same_each_time_and_differ_from_each_other(library: Library) -> None:
    drawn = {one: draw(one, 640) for one in library.albums}
    assert drawn == {one: draw(one, 640) for one in library.albums}
    assert len(set(drawn.values())) == len(drawn)
