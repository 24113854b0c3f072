"""The picture of an album without a cover; the page's module draws the same."""

import shutil
import subprocess
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import settings

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


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node to run the page's module")
def test_the_page_draws_the_same():
    module = Path(settings.BASE_DIR) / "frontend" / "static" / "js" / "pattern.js"
    script = (
        f"import({str(module)!r}).then(({{pattern}}) =>"
        f" console.log(JSON.stringify(pattern({str(ALBUM)!r}))))"
    )
    node = str(shutil.which("node"))
    run = subprocess.run([node, "-e", script], capture_output=True, text=True, check=True)
    drawn = pattern(ALBUM)
    rings = ",".join(f'{{"radius":{ring.radius},"width":{ring.width}}}' for ring in drawn.rings)
    expected = f'{{"tone":{drawn.tone},"x":{drawn.x},"y":{drawn.y},"rings":[{rings}]}}'
    assert run.stdout.strip() == expected
