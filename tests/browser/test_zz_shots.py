from tests.browser.test_time import *  # noqa
from tests.browser.test_time import path_of, FAILING, GONE, CHANGED


def test_shots(told, product, visit, watch):
    watch.allow("status of")
    page = visit(product, "auditor", "/", live=False).page
    paths = {
        "life": path_of(FAILING),
        "gone": path_of(GONE),
        "changed": path_of(CHANGED),
        "past": f"/?as-of={told[0]}",
        "pastlist": f"/?as-of={told[0]}&view=list",
        "since": f"/?as-of={told[0]}&since=changed",
        "added": f"/?as-of={told[0]}&since=added",
        "day": "/?as-of=2020-01-01",
        "none": f"/?as-of={told[3]}&since=added",
        "compare": f"/syncs/compare/?a={told[0]}&b={told[3]}",
        "sync": f"/syncs/{told[1]}/",
        "catalog": "/",
    }
    for name, path in paths.items():
        for width, scheme in ((1280, "light"), (360, "dark")):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(path)
            page.wait_for_timeout(200)
            page.screenshot(path=f"/tmp/shots/{name}-{width}.png", full_page=True)
