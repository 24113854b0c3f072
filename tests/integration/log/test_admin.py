"""Django's admin: the product does not show the log there, and if somebody did, it would refuse."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db import Error
from django.test import RequestFactory

from syncengine.models import LogHead, SyncEvent, SyncOperation
from tests.accounts import client
from tests.tampering import as_stored

pytestmark = pytest.mark.usefixtures("shared_history")


def test_it_manages_accounts_and_nothing_else() -> None:
    assert set(admin.site._registry) == {User, Group}


def test_nobody_can_be_given_the_right_to_change_what_is_recorded() -> None:
    for model in (SyncEvent, LogHead, SyncOperation):
        rights = Permission.objects.filter(content_type__model=model._meta.model_name)
        assert all(right.codename.startswith("view_") for right in rights), list(rights)


def test_a_superuser_finds_no_address_for_it() -> None:
    browser = client("superuser")
    for path in ("", "add/", "1/", "1/change/", "1/delete/", "1/history/"):
        for answer in (
            browser.get(f"/admin/syncengine/syncevent/{path}"),
            browser.post(f"/admin/syncengine/syncevent/{path}", {"post": "yes"}),
        ):
            assert answer.status_code == 404


def changed(event: SyncEvent) -> SyncEvent:
    event.kind = "x"
    return event


ACTS: dict[str, Callable[["ModelAdmin[SyncEvent]", Any, SyncEvent], Any]] = {
    "save": lambda by, request, event: by.save_model(request, changed(event), None, change=True),
    "delete": lambda by, request, event: by.delete_model(request, event),
    "delete selected": lambda by, request, event: by.delete_queryset(
        request, SyncEvent.objects.filter(pk__lt=4)
    ),
    "save another as new": lambda by, request, event: by.save_model(
        request, SyncEvent(position=2, version=1, at=event.at), None, change=False
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_whoever_registers_it_all_the_same_is_refused_by_the_database(act: str) -> None:
    before = as_stored()
    by = ModelAdmin(SyncEvent, AdminSite())
    with pytest.raises(Error, match="the sync log"):
        ACTS[act](by, RequestFactory().post("/"), SyncEvent.objects.get(pk=2))
    assert as_stored() == before
