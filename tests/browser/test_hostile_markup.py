"""Payloads in every cell of the sheet, in every answer of Spotify's and in people's names: on
every page they are text, and nobody runs them, whoever writes it, the server or the live page."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from albums.models import Album
from albums.sources.text import clean
from syncengine import operations_found
from tests.browser import sheets
from tests.browser.catalog_page import CatalogPage
from tests.browser.conftest import Serve, Visit
from tests.browser.payloads import PAYLOADS
from tests.browser.serving import Server
from tests.demo import Demo

pytestmark = pytest.mark.once

FROM_SPOTIFY = 8  # albums that only Spotify names
PAGES_OF_ALBUMS = 6
MARKUP = '<img src=x onerror="alert(1)">'
# What no page of ours has, and what markup out of a cell would have made.
INJECTED = r"""() => {
  const elements = document.querySelectorAll(
    "main script:not([type='application/json']), main link, iframe, object, base, math, video");
  const runs = ({ name, value }) => name.startsWith("on")
    || ["href", "src", "action", "formaction"].includes(name)
    && /^\s*(javascript:|vbscript:|data:text)/i.test(value);
  const attributes = [...document.querySelectorAll("*")].filter(
    (node) => [...node.attributes].some(runs));
  return [...elements, ...attributes].map((node) => node.outerHTML.slice(0, 200));
}"""


def ids(number: int, first: int = 0) -> list[str]:
    return [row.rpartition(",")[2] for row in sheets.rows(number, first=first)]


def linked_rows(shift: int) -> list[str]:
    """A row for each payload: as artist, title, genre and label; each time other ones."""
    turned = PAYLOADS[shift:] + PAYLOADS[:shift]
    return [
        sheets.line(payload, payload, "1999", payload, payload, spotify_id)
        for payload, spotify_id in zip(turned, ids(len(PAYLOADS)), strict=True)
    ]


def album(demo: Demo, spotify_id: str, payload: str, year: str = "1999") -> dict[str, Any]:
    """An album that says the payload wherever Spotify says anything."""
    addresses = ("javascript:alert(1)", "//evil.example/x.png", f"{demo.origin}/{payload}", payload)
    return {
        "id": spotify_id,
        "name": payload,
        "artists": [{"name": payload}],
        "album_type": payload,
        "release_date": year,
        "total_tracks": 2,
        "label": payload,
        "genres": [payload],
        "images": [{"url": address, "width": 300} for address in addresses],
        "external_urls": {"spotify": "javascript:alert(1)"},
        "href": "javascript:alert(1)",
        "uri": payload,
        "tracks": {
            "items": [{"name": payload, "preview_url": "javascript:alert(1)"}],
            "next": None,
        },
    }


@pytest.fixture
def server(serve: Serve, demo: Demo) -> Iterator[Server]:
    """A product in which people are called like that, too."""
    [server] = serve()
    User.objects.filter(username="admin").update(
        username=MARKUP, first_name='"><svg onload=alert(1)>', last_name="<script>alert(1)</script>"
    )
    yield server


def must_be_harmless(page: Page) -> None:
    assert page.evaluate(INJECTED) == []


def test_payloads_are_text_on_every_page(server: Server, demo: Demo, visit: Visit) -> None:
    unnamed = ids(FROM_SPOTIFY, first=len(PAYLOADS))
    for spotify_id, payload in zip(unnamed, PAYLOADS, strict=False):
        demo.answer(f"/v1/albums/{spotify_id}", album(demo, spotify_id, payload))
    # Two albums that the row below may mean, so that both are shown.
    twins = [
        album(demo, spotify_id, MARKUP, year)
        for spotify_id, year in zip(unnamed, ("1990", "2005"), strict=False)
    ]
    demo.answer("/v1/search", {"albums": {"items": twins}})
    others = [
        *(sheets.line("", "", "", "", "", spotify_id) for spotify_id in unnamed),
        sheets.line(MARKUP, MARKUP, "", "", "", ""),
        *(sheets.line("", payload, "1999", "", "", "") for payload in PAYLOADS),
    ]
    failed = 1 + len(PAYLOADS)

    demo.sheet(*linked_rows(0), *others)
    catalog = visit(server, MARKUP)
    watching = visit(server, "viewer", "/?view=list")
    assert catalog.sync() == "warnings"
    look_at_live_pages(catalog, watching, failed)
    # Each card is changed in place.
    demo.sheet(*linked_rows(1), *others)
    assert catalog.sync() == "warnings"
    look_at_live_pages(catalog, watching, failed)
    look_at_every_page(catalog.page)

    # As headers they end in the message of a failed sync.
    catalog.open()
    demo.sheet(sheets.line(*PAYLOADS[:2]), header=sheets.line(*PAYLOADS[2:5]))
    assert catalog.sync() == "failed"
    for one in (catalog, watching):
        expect(one.headline).to_contain_text(PAYLOADS[3])
        must_be_harmless(one.page)
    for path in ("/", "/syncs/"):
        catalog.page.goto(path)
        expect(catalog.page.locator("main")).to_contain_text(PAYLOADS[3])
        must_be_harmless(catalog.page)


def look_at_live_pages(catalog: CatalogPage, watching: CatalogPage, failed: int) -> None:
    for one in (catalog, watching):
        expect(one.cards).to_have_count(len(PAYLOADS) + FROM_SPOTIFY)
        one.page.locator("failure-list summary").click()
        items = one.page.locator("failure-list li")
        expect(items).to_have_count(failed)
        shown = " ".join(items.all_text_contents())
        assert all(clean(payload) in shown for payload in PAYLOADS)
        expect(one.part("by")).to_have_text(MARKUP)
        must_be_harmless(one.page)
        one.page.locator("failure-list summary").click()
    titles = catalog.page.locator(".card-title [data-field=title]").all_text_contents()
    assert {clean(payload) for payload in PAYLOADS} <= {title.strip() for title in titles}
    expect(watching.page.locator("sync-watchers li")).to_have_count(2)


def look_at_every_page(page: Page) -> None:
    albums = list(Album.objects.order_by("row"))
    [latest, first] = operations_found.found(operations_found.Wanted())
    chosen = [*albums[:PAGES_OF_ALBUMS], *albums[-FROM_SPOTIFY:]]
    assert all(not album.cover_url for album in albums[-FROM_SPOTIFY:])
    paths = [f"/albums/{album.pk}/" for album in chosen]
    paths += [f"/syncs/{operation.pk}/" for operation in (latest, first)]
    for path in ("/", "/?view=list", "/syncs/", "/syncs/?before=1", *paths):
        page.goto(path)
        must_be_harmless(page)
    for album in chosen[:3]:
        page.goto(f"/albums/{album.pk}/")
        expect(page.locator("h1")).to_have_text(album.title)
        page.get_by_role("link", name=album.genres[0], exact=True).last.click()
        expect(page.locator(".card-title").first).to_be_visible()
        must_be_harmless(page)
        page.locator("input[name=q]").fill(album.title)
        page.locator("input[name=q]").press("Enter")
        must_be_harmless(page)
    # What Spotify has, where it was not certain which album is meant.
    page.goto(f"/syncs/{latest.pk}/")
    candidates = page.locator(".candidates tbody tr")
    expect(candidates).to_have_count(2)
    expect(candidates.first).to_contain_text(MARKUP)
    links = page.locator("main a").evaluate_all("(all) => all.map((a) => a.href)")
    assert all(
        link.startswith((page.url.partition("/syncs")[0], "https://open.spotify.com/album/"))
        for link in links
    )
