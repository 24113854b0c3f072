"""The picture of an album without a cover. (That pages draw the same is tested in a browser.)"""

from uuid import UUID

from frontend.pattern import RINGS, TONES, Ring, pattern

ALBUM = UUID("0f3d5a92-1c44-4a7b-9a51-8f0f6c2f7e10")


def test_the_same_album_always_has_the_same_picture():
    assert pattern(ALBUM) == pattern(UUID(str(ALBUM)))
    drawn = pattern(ALBUM)
    assert (drawn.tone, drawn.x, drawn.y) == (3, 25, 0)
    assert drawn.rings[:2] == (Ring(15, 3), Ring(27, 2))


def test_every_picture_stays_within_its_rules():
    for number in range(500):
        drawn = pattern(UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128))
        assert 0 <= drawn.tone < TONES
        assert 0 <= drawn.x <= 100
        assert 0 <= drawn.y <= 100
        assert len(drawn.rings) == RINGS
        radii = [ring.radius for ring in drawn.rings]
        assert radii == sorted(set(radii))
