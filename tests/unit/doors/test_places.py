"""How many sockets a person and a process may have."""

from django.conf import settings

from syncengine.hub import Hub


def test_a_person_has_twenty_places_and_each_comes_back() -> None:
    places = Hub()
    assert [places.take_place(1) for _ in range(21)] == [True] * 20 + [False]
    assert places.take_place(2)
    places.give_place_back(1)
    assert places.take_place(1)


def test_a_full_process_has_no_place_for_anybody() -> None:
    places = Hub()
    for person in range(settings.MAX_SOCKETS):
        assert places.take_place(person)
    assert places.is_full
    assert not places.take_place(-1)
