"""Every error carries a code, a message and a remedy; the tree is drawn as it is."""

import re
from string import Formatter

import pytest

from albums.sources import errors
from albums.sources.settings import SourceSettings


def leaves(kind: type[errors.SourceError]) -> list[type[errors.SourceError]]:
    below = [leaf for child in kind.__subclasses__() for leaf in leaves(child)]
    return ([kind] if "code" in vars(kind) else []) + below


LEAVES = [
    kind
    for kind in leaves(errors.SourceError)
    if kind.__module__ == errors.__name__ and kind is not errors.SourceError
]


def example(kind: type[errors.SourceError]) -> errors.SourceError:
    names = [name for _, name, _, _ in Formatter().parse(kind.message + kind.remedy) if name]
    return kind(**dict.fromkeys(names, "{value}"))


@pytest.mark.parametrize("kind", LEAVES)
def test_each_error_is_told_in_words(kind: type[errors.SourceError]) -> None:
    error = example(kind)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+|network", error.code)
    assert str(error) == error.message
    assert len(error.message) > 20 and len(error.remedy) > 20
    assert isinstance(error, errors.SyncError) != isinstance(error, errors.AlbumError)


@pytest.mark.parametrize("kind", LEAVES)
def test_each_error_stands_in_the_drawn_tree(kind: type[errors.SourceError]) -> None:
    assert re.search(rf"-- {kind.__name__} +{kind.code}\n", errors.__doc__ or "")


def test_details_are_short_clean_and_are_not_templates() -> None:
    error = errors.SpotifyForbidden(text="{text}\x1b\n" + "x" * 999)
    assert error.message.startswith("Spotify refuses this app: {text} x")
    assert len(str(error.details["text"])) == errors.DETAIL_CHARS


def test_a_wait_says_who_how_long_and_why() -> None:
    error = errors.MustWait("spotify", 3600, "quota")
    assert (error.code, error.service, error.until_seconds, error.reason) == (
        "spotify-wait",
        "spotify",
        3600,
        "quota",
    )
    assert "3600" in error.message


def test_settings_do_not_show_the_secret() -> None:
    assert "canary" not in repr(SourceSettings(client_secret="canary"))
