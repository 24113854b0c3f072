"""F32: signed out, disabled, deleted, another password, fewer rights, while a socket is open."""

import time
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, connections
from django.utils import timezone

from syncengine import roles
from syncengine.models import Session
from tests.accounts import account
from tests.commands import manage
from tests.faults.closings import closings, signed_out_after_s
from tests.faults.redis import Redis
from tests.faults.world import World
from tests.server import Web
from tests.sockets import Socket

BY_SIGNAL_S = 2.0
WITHOUT_SIGNAL_S = 60.0
JOINED_S = 1.0  # then the look that joining rings for is over
SLACK_S = 3.0  # for a busy machine; without a signal nothing would happen for longer than that


def two_webs(world: World) -> tuple[Web, Web]:
    """Where people watch, and where somebody acts: another process, where it would be heard."""
    web = world.web()
    return web, world.web() if world.has_channel_layer else web


def watching(world: World, web: Web, *usernames: str) -> list[Socket]:
    """A socket of each, with its first frame."""
    sockets = [world.socket(web, username) for username in usernames]
    for socket in sockets:
        socket.frame()
    return sockets


def changed(user: User, **changes: str | None) -> bytes:
    """The admin site's form for an account, with some fields changed, or left out by None."""
    fields = {
        "username": user.username,
        "date_joined_0": f"{user.date_joined:%Y-%m-%d}",
        "date_joined_1": f"{user.date_joined:%H:%M:%S}",
        "is_active": "on" if user.is_active else None,
        "is_superuser": "on" if user.is_superuser else None,
        "groups": next((str(group.pk) for group in user.groups.all()), None),
    }
    given = {name: value for name, value in (fields | changes).items() if value is not None}
    return urlencode(given).encode()


def test_what_is_taken_away_on_the_admin_site_closes_every_socket_of_the_account(
    world: World,
) -> None:
    """While somebody who gets more rights, and signs in elsewhere, stays."""
    password = dict.fromkeys(("password1", "password2"), "another-correct-horse")
    account("superuser", password=None)
    disabled = account("viewer", "disabled", password=None)
    repassed = account("auditor", "repassed", password=None)
    ungrouped = account("auditor", "ungrouped", password=None)
    demoted = account("superuser", "demoted", password=None)
    deleted = account("admin", "deleted", password=None)
    users, groups = "/admin/auth/user", "/admin/auth/group"
    auditors, admins = (
        f"{groups}/{Group.objects.get(name=name).pk}" for name in (roles.AUDITORS, roles.ADMINS)
    )
    acts: dict[str, tuple[int, str, bytes]] = {
        "disabled": (4401, f"{users}/{disabled.pk}/change/", changed(disabled, is_active=None)),
        "ungrouped": (4403, f"{users}/{ungrouped.pk}/change/", changed(ungrouped, groups=None)),
        "demoted": (4403, f"{users}/{demoted.pk}/change/", changed(demoted, is_superuser=None)),
        "deleted": (4401, f"{users}/{deleted.pk}/delete/", b"post=yes"),
        "auditor": (4403, f"{auditors}/change/", b"name=Former"),
        "admin": (4403, f"{admins}/delete/", b"post=yes"),
        # The last one, because Django then gives the session that did it another key.
        "repassed": (4401, f"{users}/{repassed.pk}/password/", urlencode(password).encode()),
    }
    viewer = User.objects.get(username="viewer")
    more = changed(viewer, groups=str(Group.objects.get(name=roles.AUDITORS).pk))
    connections.close_all()
    web, other = two_webs(world)
    other.admit("superuser")
    for username in (*acts, "viewer"):
        web.admit(username)
    [staying] = watching(world, web, "viewer")
    other.submit(f"{users}/{viewer.pk}/change/", "superuser", more)
    web.admit("viewer")
    for username, (code, address, form) in acts.items():
        leaving = watching(world, web, username, username)

        def act(address: str = address, form: bytes = form) -> None:
            other.submit(address, "superuser", form)

        for found, after_s in closings(leaving, staying, act):
            assert (username, found) == (username, code)
            assert after_s < BY_SIGNAL_S + SLACK_S, username


def test_what_a_command_takes_away_is_heard_by_the_web_servers(world: World) -> None:
    if not world.has_channel_layer:
        pytest.skip("F32 by a command: the in-process channel layer reaches no other process")
    web = world.web()
    for username in ("admin", "auditor"):
        web.admit(username)
    *leaving, staying = watching(world, web, "admin", "auditor")

    def act() -> None:
        clear = "from django.contrib.auth.models import User; User.objects.get(username='admin')"
        assert manage(world.environment, "shell", "-c", f"{clear}.groups.clear()").returncode == 0

    [(code, after_s)] = closings(leaving, staying, act)
    assert code == 4403
    assert after_s < BY_SIGNAL_S + SLACK_S


def test_what_no_signal_tells_of_is_found_within_a_minute(world: World) -> None:
    for username in ("by-update", "by-sql", "session-gone", "session-over"):
        account("viewer", username, password=None)
    connections.close_all()
    web = world.web()
    codes = {"by-update": 4401, "by-sql": 4401, "session-gone": 4401, "session-over": 4401}
    codes["auditor"] = 4403
    sessions = {username: web.admit(username) for username in (*codes, "viewer")}
    *leaving, staying = watching(world, web, *sessions)
    time.sleep(JOINED_S)

    def act() -> None:
        def sql(statement: str, *values: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                assert cursor.rowcount == 1

        User.objects.filter(username="by-update").update(is_active=False)
        sql("UPDATE auth_user SET password = '!' WHERE username = %s", "by-sql")
        sql("DELETE FROM syncengine_session WHERE session_key = %s", sessions["session-gone"])
        expired = {"expire_date": timezone.now() - timedelta(seconds=1)}
        assert Session.objects.filter(session_key=sessions["session-over"]).update(**expired) == 1
        auditor = User.objects.get(username="auditor").pk
        sql("DELETE FROM auth_user_groups WHERE user_id = %s", auditor)
        connections.close_all()

    found = closings(leaving, staying, act)
    assert [code for code, _ in found] == list(codes.values())
    assert max(after_s for _, after_s in found) < WITHOUT_SIGNAL_S


def test_signing_out_closes_the_sockets_of_that_session_and_no_other(world: World) -> None:
    web, other = two_webs(world)
    assert signed_out_after_s(web, other) < BY_SIGNAL_S + SLACK_S


def test_signing_out_while_redis_hangs_is_answered_and_no_other_process_misses_it(
    world: World, redis: Redis
) -> None:
    web, other = two_webs(world)
    sessions = {username: web.admit(username) for username in ("viewer", "auditor")}
    for username, session in sessions.items():
        other.admit(username, session)
    leaving = [world.socket(one, "viewer") for one in (web, other)]
    staying = world.socket(other, "auditor")
    for socket in (*leaving, staying):
        socket.frame()
    time.sleep(JOINED_S)
    redis.pause()
    (here, here_s), (there, there_s) = closings(
        leaving, staying, lambda: web.logout(web.login("viewer")["Cookie"])
    )
    redis.wake()
    for one in (web, other):
        one.stop()  # before this Redis is killed, which another fault is about
    assert here == there == 4401
    assert here_s < BY_SIGNAL_S + SLACK_S
    assert there_s < WITHOUT_SIGNAL_S
