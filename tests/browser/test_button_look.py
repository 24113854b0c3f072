"""Sync Now as it looks: where it stands, and how it changes."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import sheets
from tests.browser.conftest import Visit
from tests.browser.serving import Server
from tests.demo import Demo

ALIGNED_PX = 2.0


def middle(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["y"] + box["height"] / 2


@pytest.mark.parametrize("width", [800, 1280])
def test_the_button_stands_beside_the_large_line_and_stays_there_when_it_is_pressed(
    product: Server, visit: Visit, demo: Demo, width: int
) -> None:
    demo.sheet(*sheets.rows(9, label=f"look {width}"))
    demo.behave(latency_ms=600_000)
    catalog = visit(product, viewport={"width": width, "height": 900})
    line = catalog.part("lastLabel")
    expect(catalog.button).to_be_enabled()
    before = middle(catalog.button)
    assert abs(before - middle(line)) < ALIGNED_PX
    catalog.start()
    assert middle(catalog.button) == before


def test_the_label_of_a_button_changes_together_with_its_ground(
    product: Server, visit: Visit
) -> None:
    catalog = visit(product)
    changing = catalog.button.evaluate("""async (button) => {
      button.disabled = !button.disabled;
      await new Promise(requestAnimationFrame);
      const length = ({ effect }) => effect.getTiming().duration;
      return button.getAnimations().map((one) => [one.transitionProperty, length(one)]);
    }""")
    durations = dict(changing)
    assert durations["color"] == durations["background-color"] > 0
