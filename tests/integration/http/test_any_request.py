"""Any request at all, by everybody: the answer is one of ours, and never an error of ours."""

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from albums.models import Album
from project.handler import InOneGo
from syncengine.models import SyncOperation
from tests.accounts import ROLES, account
from tests.amount import examples
from tests.databases import Databases
from tests.demo import Demo
from tests.integration.http.answers import error, is_safe
from tests.integration.http.by_asgi import ask
from tests.routes import PART, routes
from tests.sheets import LINKED
from tests.syncing import sync_now

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
NASTY = (
    *(
        "",
        "0",
        "-1",
        "1",
        "2",
        "9" * 30,
        "1e9",
        "NaN",
        "٣",
        "\0",
        "a\0b",
        "%",
        "%00",
        "%2e%2e",
        ".",
    ),
    *("..", "../../etc/passwd", "//evil.example", "\\evil", "\u202e", "\ud800", "'", '"', "`", "|"),
    *("<script>", "{{7*7}}", "%s", "\r\nX: y", "\x1b[2J", "x" * 5000, "full", "retry", "yes", "id"),
    *("true", "null", "[]", "{}", "auth", "user", "delete_selected", "2020-01-01", "list", "added"),
)
NAMES = (
    # Of pages and programs, of the sign-in form, of the admin's lists and forms.
    *("q", "sort", "genre", "decade", "label", "view", "page", "before", "after", "failed_after"),
    *("as-of", "since", "a", "b", "only", "at"),
    *("until", "kind", "state", "by", "person", "trigger", "code", "album"),
    *("limit", "mode", "keys", "confirm", "button", "next", "username", "password", "hash"),
    *("o", "p", "e", "all", "_popup", "_to_field", "_changelist_filters", "action", "post", "id"),
    *("is_staff__exact", "groups__id__exact", "last_login__gte", "username__regex", "pk__in"),
    *("app_label", "model_name", "field_name", "term", "_selected_action", "select_across"),
    *("usable_password", "password1", "password2", "name", "permissions", "date_joined_0"),
)
KINDS = (
    *["application/x-www-form-urlencoded"] * 6,
    "application/x-www-form-urlencoded; charset=hex",
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=x; charset=idna",
    "multipart/form-data",
    "application/json",
    "text/plain; charset=\xff",
    "",
)
HEADERS: tuple[dict[str, str], ...] = (
    *[dict[str, str]()] * 4,
    *[{"Accept": "application/json"}] * 4,
    *[{"Accept": "text/html"}] * 4,
    {"Accept": ";;,,/;q=x"},
    {"Accept": "a/b;q=nan, */*;q=-1, text/html;q=1e999"},
    {"Host": "evil.example"},
    {"Host": "testserver:99999"},
    {"Host": "[::1"},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
    {"X-HTTP-Method-Override": "DELETE", "X-Requested-With": "XMLHttpRequest"},
    {"If-None-Match": "*", "If-Modified-Since": "x", "Range": "bytes=9-1"},
    {"Accept-Language": "\xff,*;q=x", "Referer": "javascript:1", "Origin": "null"},
    {"Accept-Encoding": "gzip;q=x,\xff", "Transfer-Encoding": "chunked"},
)
COOKIES = ("", "", "messages=\\000", 'csrftoken="\\000"; =; a', "csrftoken=\xff", "sessionid=x")
WITHOUT_BODY = ("GET", "HEAD", "TRACE")
TOKEN = "t" * 32
ROUTES = routes()

text = st.sampled_from(NASTY) | st.text(max_size=12)
pairs = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=5), text), max_size=4)
ids = st.deferred(lambda: st.sampled_from(_known)) | text
bodies = st.binary(max_size=60) | pairs.map(lambda given: encoded(given).encode())
_known: list[str] = []


def quoted(part: str) -> str:
    return quote(part, safe="", errors="surrogatepass")


def encoded(given: list[tuple[str, str]]) -> str:
    return urlencode(given, errors="surrogatepass")


@st.composite
def paths(draw: st.DrawFn) -> str:
    """An address that there is, with anything in its places, or any other."""
    route = draw(st.sampled_from(ROUTES))
    path = "/" + PART.sub(lambda _: quoted(draw(ids)), route)
    ending = draw(st.sampled_from(["", "", "", "/", "//", "x"])) or ""
    other = "/" + "/".join(map(quoted, draw(st.lists(text, max_size=3))))
    return draw(st.sampled_from([path, path, path + ending, other]))


@pytest.fixture(scope="module")
def catalog(
    databases: Databases,
    demo_server: Demo,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """A database with albums and a sync in it, which is no more than what the requests make it."""
    demo_server.reset()
    demo_server.sheet(*LINKED)
    there = demo_server.environment() | {
        "SPOTIFY_IMAGE_ORIGINS": [demo_server.origin],
        "CHECKPOINT_FILE": str(tmp_path_factory.mktemp("any") / "checkpoints.jsonl"),
    }
    with django_db_blocker.unblock(), databases.fresh(), override_settings(**there):
        sync_now()
        albums, syncs = Album.objects.all(), SyncOperation.objects.all()
        _known[:] = [str(known.pk) for known in (*albums[:2], *syncs)] + [str(uuid.uuid4())]
        yield
        connections.close_all()


def cookie_of(role: str) -> str:
    """Signed in anew: the request before may have signed this one out, or deleted its account."""
    if role == "nobody":
        return ""
    browser = Client()
    user = User.objects.filter(username=role).first() or account(role)
    browser.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return f"sessionid={browser.cookies['sessionid'].value}; csrftoken={TOKEN}"


@hypothesis_settings(max_examples=examples(200))
@given(
    role=st.sampled_from(ROLES),
    method=st.sampled_from(("GET", *METHODS)),
    path=paths(),
    query=pairs,
    body=bodies,
    kind=st.sampled_from(KINDS),
    headers=st.sampled_from(HEADERS),
    cookie=st.sampled_from(COOKIES),
)
@pytest.mark.usefixtures("catalog")
def test_it_is_answered(
    role: str,
    method: str,
    path: str,
    query: list[tuple[str, str]],
    body: bytes,
    kind: str,
    headers: dict[str, str],
    cookie: str,
) -> None:
    wanted = {"Cookie": f"{cookie}; {cookie_of(role)}", "X-CSRFToken": TOKEN}
    if method in WITHOUT_BODY:
        body = b""
    else:
        wanted["Content-Type"] = kind
    answer = ask(InOneGo(), method, path, encoded(query), wanted | headers, body)
    assert answer.status_code < 500
    is_safe(answer)
    if is_error(answer) and headers.get("Accept") == "application/json" and method != "HEAD":
        error(answer)
    assert role != "nobody" or b"Rumours" not in answer.content


def is_error(answer: Any) -> bool:
    """A conflict is none: it names the sync that is unfinished."""
    return bool(answer.status_code >= 400 and answer.status_code != 409)
