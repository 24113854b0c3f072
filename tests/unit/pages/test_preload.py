"""Pages are compiled when a process starts, so that it shows those of its own release."""

from pathlib import Path

import pytest
from django.template import engines
from django.template.loader import get_template
from django.template.loaders.app_directories import Loader

from frontend import preload


def test_no_page_is_read_from_its_file_after_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for loader in engines["django"].engine.template_loaders:
        loader.reset()
    preload.compile_templates()

    def replaced(self: Loader, origin: object) -> str:
        raise AssertionError(f"{origin} is read")

    monkeypatch.setattr(Loader, "get_contents", replaced)
    names = [
        path.relative_to(preload.TEMPLATES) for path in Path(preload.TEMPLATES).rglob("*.html")
    ]
    assert names
    for name in names:
        get_template(name.as_posix())
