"""A live sync on many screens, with connections that break all the time."""

import asyncio

from tests.demo import Demo
from tests.server import Server
from tests.sockets import Socket, View, follow

SOCKETS = 20
LIMIT_S = 60.0
LOOK_S = 0.05


def test_every_screen_gets_every_event_once_and_ends_with_the_servers_status(
    server: Server, switches: Demo
) -> None:
    switches.behave(latency_ms=60)
    views = [View() for _ in range(SOCKETS)]
    people = ("auditor", "admin")
    for person in people:
        server.login(person)
    operation = asyncio.run(watch_a_sync(server, views, people))

    status = server.get("/api/status", "auditor")
    assert status["operation"]["id"] == operation
    assert status["operation"]["state"] == "completed"
    recorded = server.get("/api/events", "auditor")["events"]
    for view in views:
        assert view.status == status
        assert view.snapshots == 1
        assert [event.as_json() for event in view.events] == recorded


async def watch_a_sync(server: Server, views: list[View], people: tuple[str, ...]) -> str:
    screens = [
        # Some break off at every second frame, some hardly ever.
        asyncio.create_task(follow(server, people[index % 2], view, 2 + index))
        for index, view in enumerate(views)
    ]
    async with asyncio.timeout(LIMIT_S):
        while not all(view.status for view in views):  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)
        answer = await asyncio.to_thread(server.post, "/syncs/", "admin")
        while not all(is_over(view) for view in views):
            for screen in screens:
                if screen.done():
                    screen.result()
            await asyncio.sleep(LOOK_S)
    for screen in screens:
        screen.cancel()
    await asyncio.gather(*screens, return_exceptions=True)
    operation: str = answer["operation"]["id"]
    return operation


def is_over(view: View) -> bool:
    operation = view.status["operation"]
    return operation is not None and operation["finished_at"] is not None


def test_a_second_admins_screen_shows_who_started(server: Server, switches: Demo) -> None:
    with Socket(server, "viewer") as socket:
        socket.frame()
        operation = server.post("/syncs/", "admin")["operation"]
        while socket.view.status["operation"]["id"] != operation["id"]:
            socket.frame()
        assert socket.view.status["operation"]["requested_by"] == "admin"
        while not is_over(socket.view):
            socket.frame()
    assert socket.view.status == server.get("/api/status", "viewer")
