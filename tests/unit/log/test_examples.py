"""Every event kind has an example, is accepted, and can be put into words."""

import pytest

from albums.fields import EMPTY
from syncengine.events import validated
from syncengine.projection import STEPS
from syncengine.schemas import CURRENT_VERSION, SCHEMAS, AlbumChanges
from syncengine.sentences import PHRASES, sentence
from tests.examples import EXAMPLES, Example

each = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e['kind']}-{e['version']}")


def test_every_kind_and_version_has_exactly_one_example() -> None:
    assert sorted((e["kind"], e["version"]) for e in EXAMPLES) == sorted(SCHEMAS)


def test_every_kind_of_the_design_is_there_and_no_other() -> None:
    assert set(CURRENT_VERSION) == {
        "requested",
        "started",
        "resumed",
        "stage-started",
        "album-synced",
        "albums-unchanged",
        "album-failed",
        "album-removed",
        "waiting",
        "cancel-requested",
        "completed",
        "failed",
        "cancelled",
        "exported",
        "verified",
    }


@each
def test_it_is_accepted(example: Example) -> None:
    version, text = validated(example["kind"], example["data"], example["operation"])
    assert version == example["version"]
    assert text


@each
def test_it_has_all_keys_of_its_schema(example: Example) -> None:
    schema = SCHEMAS[example["kind"], example["version"]]
    assert example["data"].keys() == schema.model_fields.keys()


@each
def test_it_has_a_sentence_of_its_own(example: Example) -> None:
    assert example["kind"] in PHRASES
    words = sentence(example["kind"], example["data"])
    assert words.endswith(".")
    assert "None" not in words
    assert "{" not in words


def test_a_kind_from_the_future_has_a_plain_sentence() -> None:
    assert sentence("album-merged", {}) == "Recorded “album-merged”."


def test_every_kind_of_a_sync_has_a_step_in_the_fold() -> None:
    assert STEPS.keys() | {"requested", "exported", "verified"} == CURRENT_VERSION.keys()


def test_the_changes_of_an_album_are_over_every_field_that_is_recorded() -> None:
    assert AlbumChanges.model_fields.keys() == EMPTY.keys()


SENTENCES = {
    "requested": "ann asked for another try of 2 albums, confirming the sheet as it is.",
    "started": "Worker web-1:4711 started it.",
    "resumed": "Worker web-2:4712 took it up again: the worker before it had stopped answering.",
    "stage-started": "Accepted the sheet with 47 albums and turned to Spotify.",
    "album-synced": "Added “Homogenic “🎻”” by Björk.",
    "albums-unchanged": "Left 1 album alone: fetched recently, row unchanged.",
    "album-failed": "“Weezer” by Weezer failed: Spotify has several albums of this name.",
    "album-removed": "Archived “Homogenic” by Björk: its row left the sheet.",
    "waiting": "Waits for Spotify: its daily quota is used up.",
    "cancel-requested": "bob asked to stop.",
    "completed": ("Sync completed with warnings: 45/50 albums updated successfully. 5 failed."),
    "failed": "The sync failed: The sheet would archive 30 of 47 albums.",
    "cancelled": "Sync cancelled: 12/47 albums synced. Asked for by bob.",
    "exported": "eve exported the events of a sync as CSV.",
    "verified": "eve verified the log.",
}


@each
def test_its_sentence_says_what_happened(example: Example) -> None:
    assert sentence(example["kind"], example["data"]) == SENTENCES[example["kind"]]
