"""However long a word in a cell is, it does not break the page. (`test_hostile_markup` has what
would run.)"""

import pytest

from tests.browser import sheets
from tests.browser.conftest import Serve, Visit
from tests.demo import Demo

pytestmark = pytest.mark.once


@pytest.mark.parametrize("path", ["/", "/?view=list"])
def test_a_title_of_one_long_word_does_not_widen_the_page(
    serve: Serve, demo: Demo, visit: Visit, path: str
) -> None:
    row = sheets.rows(1)[0].split(",")
    demo.sheet(",".join([row[0], "x" * 499, *row[2:]]), *sheets.rows(8, first=1))
    catalog = visit(serve()[0])
    assert catalog.sync() == "completed"
    for width in (360, 1280):
        catalog.page.set_viewport_size({"width": width, "height": 800})
        catalog.page.goto(path)
        assert catalog.page.evaluate("document.documentElement.scrollWidth") <= width
