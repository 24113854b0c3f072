"""Which pages may open a socket."""

import pytest
from django.conf import settings

from syncengine.origin import is_allowed

HOST = "127.0.0.1:8000"


def test_a_page_of_this_site_may() -> None:
    assert is_allowed("http://127.0.0.1:8000", HOST)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "http://127.0.0.1",
        "http://127.0.0.1:9999",
        "http://127.0.0.1:8000.evil.example",
        "http://evil.example",
        "file://127.0.0.1:8000",
        "http://[",
    ],
)
def test_every_other_page_may_not(origin: str) -> None:
    assert not is_allowed(origin, HOST)


def test_a_host_that_is_not_ours_may_not_even_where_it_agrees_with_itself() -> None:
    assert not is_allowed("http://evil.example", "evil.example")


def test_a_trusted_origin_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "CSRF_TRUSTED_ORIGINS", ["https://albums.example.org"])
    assert is_allowed("https://albums.example.org", HOST)


def test_behind_https_a_plain_page_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "HTTPS", True)
    assert not is_allowed("http://127.0.0.1:8000", HOST)
    assert is_allowed("https://127.0.0.1:8000", HOST)
