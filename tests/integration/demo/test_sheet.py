"""Google: the export as it is, and every way in which it goes wrong."""

import asyncio
import csv
import io

import aiohttp
import pytest
from yarl import URL

from .conftest import EXPORT, Demo

CUSTOM = "Künstler;Album\nBjörk;Post\n".encode("utf-16")


async def rows(demo: Demo) -> list[list[str]]:
    answer = await demo.sheet()
    assert answer.status == 200
    return list(csv.reader(io.StringIO((await answer.read()).decode(), newline="")))


async def test_the_export_redirects_to_a_file(demo: Demo) -> None:
    answer = await demo.sheet(allow_redirects=False)
    assert answer.status == 307
    assert "/export-file/" in answer.headers["Location"]


async def test_the_file_is_utf8_csv_with_windows_line_ends(demo: Demo) -> None:
    answer = await demo.sheet()
    body = await answer.read()
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert body.count(b"\r\n") == body.count(b"\n") == 53
    assert "Björk,Homogenic,1997".encode() in body


async def test_one_row_is_blank_and_one_is_a_heading(demo: Demo) -> None:
    table = await rows(demo)
    assert table[0] == ["Artist", "Album", "Year", "Genre", "Label", "Spotify", "Notes"]
    blank = table.index([""] * 7)
    assert table[blank + 1] == ["Since 2016"] + [""] * 6


async def test_the_first_tab_is_the_only_one(demo: Demo) -> None:
    assert (await demo.client.get(f"{EXPORT}&gid=0")).status == 200
    wrong = await demo.client.get(f"{EXPORT}&gid=12")
    assert (wrong.status, wrong.content_type) == (400, "text/html")


async def test_another_sheet_is_not_found(demo: Demo) -> None:
    answer = await demo.client.get("/spreadsheets/d/another/export?format=csv")
    assert (answer.status, answer.content_type) == (404, "text/html")


async def test_a_link_of_another_day_is_refused(demo: Demo) -> None:
    assert (await demo.client.get("/export-file/of-another-day")).status == 403


@pytest.mark.parametrize(
    ("way", "status"), [("hidden", 401), ("missing", 404), ("throttled", 429), ("broken", 500)]
)
async def test_a_refused_sheet_is_a_web_page(demo: Demo, way: str, status: int) -> None:
    await demo.set(sheet=way)
    answer = await demo.sheet()
    assert (answer.status, answer.content_type) == (status, "text/html")


async def test_a_hidden_sheet_can_lead_to_a_sign_in_page(demo: Demo) -> None:
    await demo.set(sheet="sign-in")
    first = await demo.sheet(allow_redirects=False)
    assert first.status == 302
    assert "/accounts/ServiceLogin" in first.headers["Location"]
    last = await demo.sheet()
    assert (last.status, last.content_type) == (200, "text/html")


async def test_a_web_page_can_come_instead_of_the_table(demo: Demo) -> None:
    await demo.set(sheet="html")
    answer = await demo.sheet()
    assert (answer.status, answer.content_type) == (200, "text/html")


@pytest.mark.parametrize(("way", "lines"), [("empty", 0), ("header-only", 1), ("half", 27)])
async def test_a_sheet_can_lose_rows(demo: Demo, way: str, lines: int) -> None:
    await demo.set(sheet=way)
    assert len(await rows(demo)) == lines


async def test_a_sheet_can_be_cut_off_on_its_way(demo: Demo) -> None:
    await demo.set(sheet="truncated")
    answer = await demo.sheet()
    assert answer.status == 200
    with pytest.raises(aiohttp.ClientPayloadError):
        await answer.read()


async def test_a_sheet_can_be_a_bomb(demo: Demo) -> None:
    await demo.set(sheet="gzip-bomb")
    answer = await demo.sheet()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) < 1_000_000
    read = 0
    async for chunk in answer.content.iter_chunked(1 << 20):
        read += len(chunk)
        if read > 64 << 20:
            break
    assert read > 64 << 20
    answer.close()


async def test_a_sheet_can_be_longer_than_it_says(demo: Demo) -> None:
    whole = await (await demo.sheet()).read()
    await demo.set(sheet="short-length")
    link = (await demo.sheet(allow_redirects=False)).headers["Location"]
    # As it goes over the wire: a client of HTTP may refuse it or cut it off.
    url = URL(link)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"GET {url.path} HTTP/1.1\r\nHost: {url.authority}\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert f"Content-Length: {len(whole) * 2 // 3}\r\n".encode() in head
    assert body == whole


async def test_a_sheet_can_come_packed(demo: Demo) -> None:
    whole = await (await demo.sheet()).read()
    await demo.set(sheet="packed")
    answer = await demo.sheet()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert await answer.read() == whole


async def test_a_sheet_can_be_endless(demo: Demo) -> None:
    await demo.set(sheet="endless")
    answer = await demo.sheet()
    read = 0
    async for chunk in answer.content.iter_chunked(1 << 20):
        read += len(chunk)
        if read > 8 << 20:
            break
    assert read > 8 << 20
    answer.close()


@pytest.mark.parametrize("target", ["", "file:///etc/passwd", "https://elsewhere.example/?x=%00"])
async def test_the_redirect_can_lead_anywhere(demo: Demo, target: str) -> None:
    await demo.set(sheet="private-redirect", **({"redirect_to": target} if target else {}))
    answer = await demo.sheet(allow_redirects=False)
    assert answer.status == 307
    assert answer.headers["Location"] == target or answer.headers["Location"].startswith(
        "http://169.254.169.254/"
    )


async def test_a_sheet_of_ones_own_is_served_byte_for_byte_until_it_is_taken_back(
    demo: Demo,
) -> None:
    own = await (await demo.sheet()).read()
    state = await (await demo.client.post("/sheet", data=CUSTOM)).json()
    assert state["custom_sheet_bytes"] == len(CUSTOM)
    assert await (await demo.sheet()).read() == CUSTOM
    await demo.client.delete("/sheet")
    assert await (await demo.sheet()).read() == own


async def test_the_sheet_can_be_looked_at(demo: Demo) -> None:
    await demo.client.post("/sheet", data=b"Album\n<script>alert(1)</script>\n")
    page = await demo.client.get(EXPORT.replace("export?format=csv", "edit?usp=sharing"))
    assert "&lt;script&gt;" in await page.text()
