"""Whatever a cell says is text: it neither runs nor breaks the page."""

import pytest

from tests.browser import sheets
from tests.browser.conftest import Serve, Visit
from tests.demo import Demo

PAYLOADS = (
    "<script>document.title = 'owned'</script>",
    '"><svg onload="document.title = \'owned\'">',
    "{{ 7*7 }}{% now 'Y' %}{message}%s",
    "=HYPERLINK(\"javascript:document.title='owned'\")",
)


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


def test_markup_templates_and_formulas_in_cells_are_shown_as_they_are(
    serve: Serve, demo: Demo, visit: Visit
) -> None:
    ids = [row.rsplit(",", 1)[1] for row in sheets.rows(len(PAYLOADS))]
    demo.sheet(
        *(
            sheets.line("Mallory", payload, "1999", "Jazz", "", spotify_id)
            for payload, spotify_id in zip(PAYLOADS, ids, strict=True)
        )
    )
    catalog = visit(serve()[0])
    assert catalog.sync() == "completed"
    catalog.page.goto("/?q=mallory")
    shown = catalog.page.locator(".card-title [data-field=title]").all_text_contents()
    assert sorted(text.strip() for text in shown) == sorted(PAYLOADS)
    assert "owned" not in catalog.page.title()
