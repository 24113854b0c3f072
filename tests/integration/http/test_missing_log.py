"""A database without its log: pages and programs get a sentence and what to do."""

import pytest
from django.test import Client

from syncengine.models import LogHead
from tests.accounts import client


@pytest.mark.parametrize("path", ["/", "/api/status", "/api/events"])
def test_a_page_answers_503(database: str, path: str) -> None:
    browser: Client = client("admin")
    browser.raise_request_exception = False
    LogHead.objects.all().delete()
    answer = browser.get(path)
    assert answer.status_code == 503
    assert "Run manage.py migrate." in answer.content.decode()
