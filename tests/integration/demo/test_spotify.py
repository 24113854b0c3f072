"""Spotify: tokens, albums, and the limits of an app in development mode."""

import base64
from typing import Any

import pytest
from yarl import URL

from project.demo.albums import Library, album_id, base62_id

from .conftest import BLUE, Demo

GETZ = album_id("Stan Getz", "Getz/Gilberto", "1964")
GONE = album_id("King Gizzard & The Lizard Wizard", "Nonagon Infinity", "2016")
LEFT_OUT = ("label", "popularity", "available_markets")


async def message(answer: Any) -> tuple[int, str]:
    body = await answer.json()
    assert body["error"]["status"] == answer.status
    return answer.status, body["error"]["message"]


async def test_a_token_lasts_for_an_hour(demo: Demo) -> None:
    body = await (await demo.sign_in()).json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("nobody:demo-secret", "Invalid client"),
        ("demo-client:guessed", "Invalid client secret"),
        ("no colon", "Invalid client"),
    ],
)
async def test_wrong_credentials_get_the_flat_error(demo: Demo, given: str, reason: str) -> None:
    headers = {"Authorization": "Basic " + base64.b64encode(given.encode()).decode()}
    form = {"grant_type": "client_credentials"}
    answer = await demo.client.post("/api/token", data=form, headers=headers)
    assert answer.status == 400
    assert await answer.json() == {"error": "invalid_client", "error_description": reason}


async def test_a_call_without_a_valid_token_is_refused(demo: Demo) -> None:
    assert await message(await demo.client.get(f"/v1/albums/{BLUE}")) == (401, "No token provided")
    demo.token = "made-up"
    assert await message(await demo.spotify(f"/albums/{BLUE}")) == (401, "Invalid access token")


async def test_an_album_comes_with_its_tracks_and_covers(demo: Demo) -> None:
    album = await (await demo.spotify(f"/albums/{BLUE}")).json()
    assert (album["name"], album["release_date"]) == ("Blue", "1971-06-22")
    assert album["release_date_precision"] == "day"
    assert album["tracks"]["total"] == album["total_tracks"] == len(album["tracks"]["items"]) == 10
    assert [track["track_number"] for track in album["tracks"]["items"]] == list(range(1, 11))
    assert [image["width"] for image in album["images"]] == [640, 300, 64]
    cover = await demo.client.get(URL(album["images"][1]["url"]).path)
    assert cover.content_type == "image/svg+xml"


async def test_development_mode_leaves_fields_out(demo: Demo) -> None:
    album = await (await demo.spotify(f"/albums/{BLUE}")).json()
    assert not set(LEFT_OUT) & set(album)
    assert album["genres"] == []
    assert len(album["external_ids"]["upc"]) == 12


async def test_extended_mode_has_them(demo: Demo) -> None:
    await demo.set(extended_mode=True)
    album = await (await demo.spotify(f"/albums/{BLUE}")).json()
    assert album["label"] == "Reprise"
    assert 0 <= album["popularity"] <= 100


async def test_a_date_is_as_precise_as_it_is_known(demo: Demo) -> None:
    album = await (await demo.spotify(f"/albums/{GETZ}")).json()
    assert (album["release_date"], album["release_date_precision"]) == ("1964-03", "month")
    assert [artist["name"] for artist in album["artists"]] == ["Stan Getz", "João Gilberto"]


async def test_tracks_come_in_pages(demo: Demo) -> None:
    page = await (await demo.spotify(f"/albums/{BLUE}/tracks", limit=4, offset=4)).json()
    assert [track["track_number"] for track in page["items"]] == [5, 6, 7, 8]
    assert "offset=8&limit=4" in page["next"]
    assert "offset=0&limit=4" in page["previous"]
    bad = await demo.spotify(f"/albums/{BLUE}/tracks", limit=51)
    assert await message(bad) == (400, "Invalid limit")


async def test_an_album_that_was_taken_off_is_not_found(demo: Demo) -> None:
    assert await message(await demo.spotify(f"/albums/{GONE}")) == (404, "Resource not found")


async def test_an_id_that_is_none_is_a_bad_request(demo: Demo) -> None:
    assert await message(await demo.spotify("/albums/short")) == (400, "Invalid base62 id")


async def test_the_batch_call_is_forbidden_in_development_mode(demo: Demo) -> None:
    assert await message(await demo.spotify("/albums", ids=BLUE)) == (403, "Forbidden")


async def test_the_batch_call_takes_twenty_ids_and_answers_null_for_the_unknown(
    demo: Demo,
) -> None:
    await demo.set(extended_mode=True)
    albums = (await (await demo.spotify("/albums", ids=f"{GONE},{BLUE}")).json())["albums"]
    assert (albums[0], albums[1]["name"]) == (None, "Blue")
    many = ",".join(base62_id(str(number)) for number in range(21))
    assert (await demo.spotify("/albums", ids=many)).status == 400


async def test_more_than_ten_results_are_a_bad_request_in_development_mode(demo: Demo) -> None:
    bad = await demo.spotify("/search", q="blue", type="album", limit=11)
    assert await message(bad) == (400, "Invalid limit")
    await demo.set(extended_mode=True)
    assert (await demo.spotify("/search", q="blue", type="album", limit=50)).status == 200


async def test_all_tokens_can_expire_at_once(demo: Demo) -> None:
    await demo.spotify(f"/albums/{BLUE}")
    await demo.set(expire_tokens=True)
    answer = await demo.spotify(f"/albums/{BLUE}")
    assert await message(answer) == (401, "The access token expired")
    await demo.sign_in()
    assert (await demo.spotify(f"/albums/{BLUE}")).status == 200


async def test_other_endpoints_do_not_exist(demo: Demo) -> None:
    assert await message(await demo.spotify("/me")) == (404, "Service not found")


async def test_every_album_that_search_shows_can_be_fetched(demo: Demo, library: Library) -> None:
    for identifier in library.albums:
        assert (await demo.spotify(f"/albums/{identifier}")).status == 200
