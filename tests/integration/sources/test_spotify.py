"""Rows become albums; whatever Spotify answers is a value or a typed error."""

import asyncio
import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from albums.sources import errors, spotify_api
from albums.sources.http import Answer, CannotConnect, Http, Limits
from albums.sources.limiter import MAX_CALLS_IN_FLIGHT, Limiter
from albums.sources.settings import SourceSettings
from albums.sources.sheet_rows import Row
from albums.sources.spotify import MAX_TRACKS_BYTES, SpotifyClient

from .conftest import BACKOFF_S, PATIENT
from .upstream import (
    CLIENT_SECRET,
    TOKEN,
    Reply,
    Upstream,
    album,
    album_id,
    breaks_off,
    hangs_up,
    says,
    says_nothing,
    track,
)

ONE = album_id(1)
PATH = f"/v1/albums/{ONE}"
QUOTA = {"error": {"status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED"}}


def row(number: int | None = None, **fields: Any) -> Row:
    spotify_id = None if number is None else album_id(number)
    values: dict[str, Any] = {
        "artist": "Can",
        "title": "Album 1",
        "year": 1971,
        "genres": (),
        "label": "",
    }
    return Row(row=2, key="k", spotify_id=spotify_id, **values | fields)


async def test_a_row_with_an_id_costs_one_call(upstream: Upstream, client: SpotifyClient) -> None:
    upstream.holds(album(1))
    got = await client.enrich(row(1), known_id=album_id(2))
    assert upstream.calls == ["/api/token", PATH]
    assert (got.title, got.artist, got.year, got.album_type) == ("Album 1", "Can", 1971, "album")
    assert got.cover_url == "https://i.scdn.co/300"
    assert got.spotify_url == f"https://open.spotify.com/album/{ONE}"
    assert (got.match_score, got.match_query, got.label) == (None, "", "")
    assert got.tracks == [
        {"disc": 1, "number": 1, "title": "Track 1", "duration_ms": 200_000, "explicit": False}
    ]


async def test_a_row_with_names_is_searched_and_then_fetched(
    upstream: Upstream, client: SpotifyClient
) -> None:
    upstream.holds(album(1), album(2))
    got = await client.enrich(row(artist="Can & Friends", title="Album 1 (Deluxe Edition)"))
    assert (got.spotify_id, got.match_query) == (ONE, "album:album 1 artist:can")
    assert got.match_score is not None and got.match_score >= 90
    assert upstream.queries[1] == {"q": got.match_query, "type": "album", "limit": "10"}
    assert len(upstream.calls) == 3


async def test_a_known_id_spares_the_search(upstream: Upstream, client: SpotifyClient) -> None:
    upstream.holds(album(1))
    assert (await client.enrich(row(), known_id=ONE)).spotify_id == ONE
    assert upstream.count("/v1/search") == 0


async def test_a_known_album_that_is_gone_is_searched_again(
    upstream: Upstream, client: SpotifyClient
) -> None:
    upstream.holds(album(1))
    assert (await client.enrich(row(), known_id=album_id(9))).spotify_id == ONE


async def test_at_most_two_searches_are_spent(upstream: Upstream, client: SpotifyClient) -> None:
    upstream.standing["/v1/search"] = says(200, {"albums": {"items": [None, album(7)]}})
    with pytest.raises(errors.AlbumError):
        await client.enrich(row(title="Tago Mago"))
    assert [query["q"] for query in upstream.queries[1:]] == [
        "album:tago mago artist:can",
        "can tago mago",
    ]


async def test_a_rows_own_problem_costs_no_call(upstream: Upstream, client: SpotifyClient) -> None:
    with pytest.raises(errors.RowIncomplete):
        await client.enrich(row(problem=errors.RowIncomplete(missing="artist")))
    assert upstream.calls == []


async def test_the_sheets_genres_and_label_win(upstream: Upstream, client: SpotifyClient) -> None:
    upstream.holds(album(1, label="UA", genres=["krautrock"]))
    theirs = await client.enrich(row(1))
    ours = await client.enrich(row(1, genres=("Rock",), label="Spoon"))
    assert (theirs.genres, theirs.label) == (("krautrock",), "UA")
    assert (ours.genres, ours.label) == (("Rock",), "Spoon")


async def test_tracks_are_paged_by_our_own_addresses(
    upstream: Upstream, client: SpotifyClient
) -> None:
    first = {"items": [track(n) for n in range(50)], "next": "http://evil.example/steal"}
    upstream.holds(album(1, total_tracks=60, tracks=first))
    rest = {"items": [track(n) for n in range(50, 60)], "next": None}
    upstream.standing[f"{PATH}/tracks"] = says(200, rest)
    got = await client.enrich(row(1))
    assert [one["number"] for one in got.tracks] == list(range(60))
    assert upstream.queries[-1] == {"limit": "50", "offset": "50"}


async def test_endless_tracks_are_cut_to_what_an_event_can_carry(
    upstream: Upstream, client: SpotifyClient
) -> None:
    page = {"items": [track(n) | {"name": "ü" * 999} for n in range(50)], "next": "more"}
    upstream.holds(album(1, total_tracks=5_000, tracks=page))
    upstream.standing[f"{PATH}/tracks"] = says(200, page)
    got = await client.enrich(row(1))
    text = json.dumps(got.tracks, ensure_ascii=False, separators=(",", ":"))
    assert len(text.encode()) <= MAX_TRACKS_BYTES
    assert got.total_tracks == 5_000
    assert {len(one["title"]) for one in got.tracks} == {300}


async def test_endless_pages_of_nothing_end(upstream: Upstream, client: SpotifyClient) -> None:
    page = {"items": [None], "next": "more"}
    upstream.holds(album(1, tracks=page))
    upstream.standing[f"{PATH}/tracks"] = says(200, page)
    assert (await client.enrich(row(1))).tracks == []


@pytest.mark.parametrize(
    "url",
    [
        "http://i.scdn.co/x",
        "https://i.scdn.co.evil.example/x",
        "javascript:alert(1)",
        "https://i.scdn.co@evil.example/",
        "https://i.scdn.co:8443/x",
        "",
    ],
)
async def test_covers_from_elsewhere_are_dropped(
    upstream: Upstream, client: SpotifyClient, url: str
) -> None:
    upstream.holds(album(1, images=[{"url": url, "width": 300}]))
    assert (await client.enrich(row(1))).cover_url == ""


@pytest.mark.parametrize(
    ("reply", "code", "family"),
    [
        (
            says(404, {"error": {"message": "Resource not found"}}),
            "album-not-found",
            errors.AlbumError,
        ),
        (
            says(400, {"error": {"message": "Invalid base62 id"}}),
            "album-id-invalid",
            errors.AlbumError,
        ),
        (says(200, album(1, name="")), "album-taken-down", errors.AlbumError),
        (says(200, "<html>"), "spotify-bad-answer", errors.AlbumError),
        (says(200, {}), "spotify-bad-answer", errors.AlbumError),
        (says(302, Location="http://evil.example"), "spotify-bad-answer", errors.AlbumError),
        (says(502, "<html>"), "spotify-unavailable", errors.AlbumError),
        (breaks_off, "spotify-bad-answer", errors.AlbumError),
        (hangs_up, "network", errors.SyncError),
        (says(401, "expired"), "spotify-credentials", errors.SyncError),
        (says(403, {"error": {"message": "Forbidden"}}), "spotify-forbidden", errors.SyncError),
        (
            says(403, "Active premium subscription required for the owner of the app."),
            "spotify-premium",
            errors.SyncError,
        ),
    ],
)
async def test_every_other_answer_is_a_typed_error(
    upstream: Upstream,
    client: SpotifyClient,
    reply: Reply,
    code: str,
    family: type[errors.SourceError],
) -> None:
    upstream.standing[PATH] = reply
    with pytest.raises(family) as caught:
        await client.enrich(row(1))
    assert caught.value.code == code
    assert caught.value.message and caught.value.remedy


async def test_a_forbidding_text_is_short_and_holds_no_secret(
    upstream: Upstream, client: SpotifyClient
) -> None:
    async def echo(request: web.Request) -> web.StreamResponse:
        text = f"<p>{request.headers['Authorization']}</p>\x1b[31m" + "x" * 9_999
        return web.Response(status=403, text=text)

    upstream.standing[PATH] = echo
    with pytest.raises(errors.SpotifyForbidden) as caught:
        await client.enrich(row(1))
    assert len(str(caught.value.details["text"])) <= 300
    assert TOKEN not in caught.value.message and "\x1b" not in caught.value.message


async def test_an_echo_of_the_secret_is_removed(upstream: Upstream, client: SpotifyClient) -> None:
    upstream.standing["/api/token"] = says(403, {"error_description": f"id:{CLIENT_SECRET}"})
    with pytest.raises(errors.SpotifyForbidden) as caught:
        await client.enrich(row(1))
    assert CLIENT_SECRET not in caught.value.message + repr(caught.value.details)


@pytest.mark.parametrize("number", ["9" * 23, 1e18, "-5", -1.0, 2147483648.0, True, None])
async def test_a_count_that_is_none_is_nought(
    upstream: Upstream, client: SpotifyClient, number: Any
) -> None:
    tracks = [track(1) | {"duration_ms": number, "track_number": number}]
    upstream.holds(album(1, total_tracks=number, tracks={"items": tracks, "next": None}))
    enriched = await client.enrich(row(1))
    assert enriched.total_tracks == 1  # as many as there are
    assert (enriched.tracks[0]["number"], enriched.tracks[0]["duration_ms"]) == (0, 0)


async def test_faults_that_pass_are_retried(upstream: Upstream, client: SpotifyClient) -> None:
    upstream.holds(album(1))
    upstream.script[PATH].extend([says(503), hangs_up])
    assert (await client.enrich(row(1))).title == "Album 1"
    upstream.standing[PATH] = says(503)
    with pytest.raises(errors.AlbumUnavailable):
        await client.enrich(row(1))
    assert upstream.count(PATH) == 6


async def test_a_silent_album_fails_alone_where_spotify_answers_others(
    upstream: Upstream, settings: SourceSettings, limiter: Limiter
) -> None:
    upstream.holds(album(2))
    upstream.standing[PATH] = says_nothing
    limits = Limits(5, 0.3, 5, PATIENT.wire_bytes, PATIENT.body_bytes)
    async with Http(
        exempt_origins=[upstream.origin], retry_base_s=BACKOFF_S, spotify_limits=limits
    ) as http:
        client = SpotifyClient(http, settings, limiter)
        with pytest.raises(errors.NetworkError):
            await client.enrich(row(1))
        await client.enrich(row(2))
        with pytest.raises(errors.AlbumUnavailable):
            await client.enrich(row(1))


@pytest.mark.parametrize("header", ["0", None, "-5", "soon", "Sun, 06 Nov 1994 08:49:37 GMT"])
async def test_a_short_rate_limit_is_waited_out_and_told(
    upstream: Upstream, http: Http, settings: SourceSettings, header: str | None
) -> None:
    limiter = Limiter(900, window_s=0.3)
    heard: list[str] = []

    async def closed(seconds: float) -> None:
        heard.append("closed")

    async def opened() -> None:
        heard.append("open")

    limiter.gate.on_closed, limiter.gate.on_open = closed, opened
    headers = {} if header is None else {"Retry_After": header}
    upstream.holds(album(1))
    upstream.script[PATH].append(says(429, "Too many requests", **headers))
    await SpotifyClient(http, settings, limiter).enrich(row(1))
    assert heard == ["closed", "open"]
    assert limiter.allowance < 900


async def test_three_refusals_of_one_call_park_the_sync(
    upstream: Upstream, client: SpotifyClient
) -> None:
    upstream.standing[PATH] = says(429, Retry_After="0")
    with pytest.raises(errors.MustWait) as caught:
        await client.enrich(row(1))
    assert (caught.value.until_seconds, caught.value.reason) == (60, "rate-limit")
    assert upstream.count(PATH) == 3


async def test_a_call_that_alone_is_refused_again_is_about_its_album(
    upstream: Upstream, client: SpotifyClient
) -> None:
    upstream.holds(album(2))
    upstream.standing[PATH] = says(429, Retry_After="0")
    for _ in range(2):  # a wait in vain says nothing yet: nobody else was answered
        with pytest.raises(errors.MustWait):
            await client.enrich(row(1))
        client.begin(after_a_wait=True)
    await client.enrich(row(2))
    with pytest.raises(errors.AlbumUnavailable):
        await client.enrich(row(1))


async def down_after(calls: int, for_calls: int, http: Http, patch: pytest.MonkeyPatch) -> None:
    """Let no connection be made for a while, after so many calls."""
    once, count = http.once, itertools.count()

    async def made(*args: Any, **options: Any) -> Answer:
        if calls <= next(count) < calls + for_calls:
            raise CannotConnect("no connection")
        return await once(*args, **options)

    patch.setattr(http, "once", made)


GAP_S = 0.01 + 0.02 + 0.04 + 0.08  # until the waits do not grow any more


@pytest.mark.parametrize("calls", [1, 4])  # from the first album on, and in the midst
async def test_a_gap_in_the_network_is_sat_out(
    upstream: Upstream,
    http: Http,
    settings: SourceSettings,
    monkeypatch: pytest.MonkeyPatch,
    calls: int,
) -> None:
    client = SpotifyClient(http, replace(settings, probe_every_s=0.01), Limiter(10_000))
    upstream.holds(*map(album, range(1, 9)))
    await down_after(calls, 4, http, monkeypatch)
    done = await asyncio.gather(*(client.enrich(row(n)) for n in range(1, 9)))
    assert [one.title for one in done] == [f"Album {n}" for n in range(1, 9)]
    await client.close()


async def test_a_gap_without_end_is_a_network_error(
    upstream: Upstream, http: Http, settings: SourceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = SpotifyClient(http, replace(settings, probe_every_s=0.01), Limiter(10_000))
    upstream.holds(album(1))
    await down_after(2, 1_000, http, monkeypatch)
    await client.enrich(row(1))
    began = asyncio.get_running_loop().time()
    with pytest.raises(errors.NetworkError):
        await client.enrich(row(1))
    assert asyncio.get_running_loop().time() - began >= GAP_S
    client.begin(after_a_wait=False)  # another sync is told at once
    with pytest.raises(errors.NetworkError):
        await client.enrich(row(1))
    await client.close()


async def test_who_was_never_reached_is_not_waited_for(
    upstream: Upstream, http: Http, client: SpotifyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await down_after(0, 1_000, http, monkeypatch)
    with pytest.raises(errors.NetworkError):
        await client.enrich(row(1))


async def test_candidates_are_cut_to_what_an_event_can_carry(
    upstream: Upstream, client: SpotifyClient
) -> None:
    artists = [{"name": "Can"}] + [{"name": "x" * 90}] * 900
    found = [album(n, name="Albun 1", artists=artists) for n in range(1, 6)]
    upstream.standing["/v1/search"] = says(200, {"albums": {"items": found}})
    with pytest.raises(errors.AlbumError) as caught:
        await client.enrich(row())
    assert caught.value.candidates
    for candidate in caught.value.candidates:
        assert candidate.artist.startswith("Can, xxx") and len(candidate.artist) <= 500


@pytest.mark.parametrize(
    ("reply", "seconds", "reason"),
    [
        (says(429, "Too many requests", Retry_After="3600"), 3600, "rate-limit"),
        (says(429, "<html>", Retry_After="864000"), 7 * 24 * 3600, "rate-limit"),
        (says(429, QUOTA, Retry_After="48925"), 48925, "quota"),
        (says(429, QUOTA, Retry_After="5"), 60, "quota"),
        (says(429, QUOTA), 3600, "quota"),
    ],
)
async def test_a_long_wait_is_handed_over_and_no_call_goes_out_before_its_end(
    upstream: Upstream, client: SpotifyClient, reply: Reply, seconds: int, reason: str
) -> None:
    upstream.standing[PATH] = reply
    with pytest.raises(errors.MustWait) as caught:
        await client.enrich(row(1))
    assert (caught.value.service, caught.value.until_seconds) == ("spotify", seconds)
    assert caught.value.reason == reason
    with pytest.raises(errors.MustWait) as again:
        await client.enrich(row(2))
    assert again.value.until_seconds <= seconds
    assert len(upstream.calls) == 2


async def test_one_token_serves_all_callers(upstream: Upstream, client: SpotifyClient) -> None:
    upstream.holds(*map(album, range(20)))
    await asyncio.gather(*(client.enrich(row(n)) for n in range(20)))
    assert upstream.count("/api/token") == 1


async def test_an_expired_token_is_renewed_once_for_all_callers(
    upstream: Upstream, client: SpotifyClient
) -> None:
    async def guarded(request: web.Request) -> web.StreamResponse:
        good = request.headers["Authorization"] == f"Bearer {TOKEN}2"
        return web.json_response(album(1) if good else {}, status=200 if good else 401)

    upstream.standing[PATH] = guarded
    await asyncio.gather(*(client.enrich(row(1)) for _ in range(8)))
    assert upstream.count("/api/token") == 2


@pytest.mark.timeout(20)  # the event loop stood still
async def test_a_caller_that_comes_in_the_moment_of_the_renewal_gets_the_new_token(
    upstream: Upstream, client: SpotifyClient
) -> None:
    upstream.holds(album(1))
    await client.enrich(row(1))
    upstream.script[PATH].append(says(401, "expired"))
    tokens = client._api.tokens
    old = tokens.held()

    async def comes_in_that_moment() -> None:
        # In the very turn of the event loop in which it is done.
        while (renewal := tokens._renewal) is None or not renewal.done():  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert (await client._api._token(old)).value == f"{TOKEN}2"

    await asyncio.gather(client.enrich(row(1)), comes_in_that_moment())
    assert upstream.count("/api/token") == 2


async def test_a_renewal_that_is_refused_is_asked_for_once(
    upstream: Upstream, client: SpotifyClient
) -> None:
    upstream.holds(album(1))
    await client.enrich(row(1))
    upstream.standing |= {PATH: says(401), "/api/token": says(400, {"error": "invalid_client"})}
    results = await asyncio.gather(
        *(client.enrich(row(1)) for _ in range(8)), return_exceptions=True
    )
    assert {type(result) for result in results} == {errors.SpotifyCredentials}
    assert upstream.count("/api/token") == 2
    del upstream.standing["/api/token"]
    upstream.holds(album(1))
    await client.enrich(row(1))


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (says(400, {"error": "invalid_client"}), "spotify-credentials"),
        (says(401, "<html>"), "spotify-credentials"),
        (says(403, "<p>Your client does not have permission"), "spotify-forbidden"),
        (says(200, "<html>"), "spotify-bad-answer"),
        (says(200, {"access_token": "a\nb"}), "spotify-bad-answer"),
        (hangs_up, "network"),
    ],
)
async def test_a_token_that_is_not_given_ends_the_sync(
    upstream: Upstream, client: SpotifyClient, reply: Reply, code: str
) -> None:
    upstream.standing["/api/token"] = reply
    with pytest.raises(errors.SyncError) as caught:
        await client.enrich(row(1))
    assert caught.value.code == code
    assert CLIENT_SECRET not in repr(caught.value) + caught.value.message


async def test_an_outage_of_the_token_service_is_waited_out_with_one_call_at_a_time(
    upstream: Upstream, http: Http, settings: SourceSettings, limiter: Limiter
) -> None:
    heard: list[str] = []

    async def closed(seconds: float) -> None:
        heard.append("closed")

    async def opened() -> None:
        heard.append("open")

    limiter.gate.on_closed, limiter.gate.on_open = closed, opened
    client = SpotifyClient(http, replace(settings, probe_every_s=0.1), limiter)
    upstream.holds(album(1), album(2))
    upstream.script["/api/token"].extend([says(503)] * 5)  # three tries, then one after the other
    await asyncio.gather(*(client.enrich(row(n)) for n in (1, 2)))
    assert heard == ["closed", "closed", "closed", "open"]
    assert upstream.count("/api/token") == 6


async def test_after_a_401_too(upstream: Upstream, http: Http, settings: SourceSettings) -> None:
    client = SpotifyClient(http, replace(settings, probe_every_s=0.05), Limiter(10_000))
    upstream.holds(album(1))
    await client.enrich(row(1))
    upstream.script[PATH].append(says(401, "expired"))
    upstream.script["/api/token"].extend([says(503)] * 4)
    assert (await client.enrich(row(1))).title == "Album 1"


async def test_missing_credentials_are_told_without_a_call(http: Http, upstream: Upstream) -> None:
    client = SpotifyClient(http, SourceSettings(client_id="x"), Limiter(90))
    with pytest.raises(errors.SpotifyCredentials) as caught:
        await client.enrich(row(1))
    assert caught.value.message == (
        "Spotify credentials not configured. Please check environment variables."
    )
    assert upstream.calls == []


async def test_a_batch_spares_calls_where_the_app_may(
    upstream: Upstream, client: SpotifyClient
) -> None:
    batch = [album(n) if n != 3 else None for n in range(20)]
    upstream.script["/v1/albums"].append(says(200, {"albums": batch}))
    await client.prefetch([album_id(n) for n in range(20)])
    assert (await client.enrich(row(2))).title == "Album 2"
    with pytest.raises(errors.AlbumNotFound):
        await client.enrich(row(3))
    assert upstream.calls == ["/api/token", "/v1/albums"]


@pytest.mark.parametrize("status", [403, 429])
async def test_a_development_app_spends_one_call_on_finding_out(
    upstream: Upstream, client: SpotifyClient, status: int
) -> None:
    upstream.standing["/v1/albums"] = says(status, "Forbidden", Retry_After="0")
    ids = [album_id(n) for n in range(50)]
    await asyncio.gather(*(client.prefetch(ids) for _ in range(3)))
    await client.prefetch(ids)
    assert upstream.count("/v1/albums") == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "name", "artists", "tracks", "items", "images", "url", "albums", "next"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


WHERE = ["tracks", "images", "artists", "genres", "total_tracks", "release_date", "label"]


@given(JSON, st.booleans())
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_any_json_as_an_answer_is_a_value_or_a_typed_error(
    upstream: Upstream, client: SpotifyClient, answer: Any, inside: bool
) -> None:
    """As the whole answer, and in the place of every field of an otherwise good one."""
    body = json.dumps(album(1, **dict.fromkeys(WHERE, answer)) if inside else answer).encode()
    for path in (PATH, "/v1/search", "/v1/albums", f"{PATH}/tracks"):
        upstream.standing[path] = says(200, body)
    for work in (client.enrich(row(1)), client.enrich(row()), client.prefetch([ONE, album_id(2)])):
        try:
            got = await work
        except errors.AlbumError:
            continue
        json.dumps(got.__dict__ if got else None, ensure_ascii=False).encode()


async def test_who_waits_for_a_place_calls_before_the_answer_that_made_room_is_read(
    upstream: Upstream, client: SpotifyClient, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, when_read = 0, list[int]()
    once, has_form = http.once, spotify_api._has_form

    async def counted(*args: Any, **options: Any) -> Answer:
        nonlocal begun
        begun += options["service"] == "spotify"
        return await once(*args, **options)

    def noted(*args: Any) -> bool:
        when_read.append(begun)
        return has_form(*args)

    monkeypatch.setattr(http, "once", counted)
    monkeypatch.setattr(spotify_api, "_has_form", noted)
    rows = [row(number) for number in range(1, MAX_CALLS_IN_FLIGHT + 2)]
    upstream.holds(*(album(number) for number in range(1, len(rows) + 1)))
    await asyncio.gather(*map(client.enrich, rows))
    assert when_read[0] > MAX_CALLS_IN_FLIGHT
