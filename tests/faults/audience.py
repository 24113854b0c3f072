"""Who uses the product while it is tormented: browsers that are cut off and come back, and admins
who press buttons and read pages."""

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from http.client import HTTPException
from typing import Any, Self

from tests.faults.crowd import Page, Visit
from tests.faults.outages import ask
from tests.server import Asked
from tests.sockets import address

STAYS_S = (0.5, 20.0)  # a browser, until its connection is cut
PAUSE_S = (0.2, 2.5)  # between two acts of an admin
FINE = {200, 202, 409, 503}
NOTHING_TO_DO = 400
READERS = ("viewer", "auditor", "auditor", "admin")


class Roaming(Page):
    """A page whose every connection goes to whichever web server is next, as behind a proxy."""

    def __init__(self, webs: Sequence[Asked], chance: random.Random) -> None:
        super().__init__(webs[0])
        self._webs, self._chance = webs, chance

    def url(self) -> str:
        return address(
            self._chance.choice(self._webs), self.view.cursor if self.view.status else None
        )


class InBackground:
    """Works in a thread of its own until the block ends; `work` looks at `_ended` now and then, and
    leaves what goes wrong in `_failure`."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._failure: BaseException | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise what went wrong, such as an event that came twice, or an answer of 500."""
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()


class Browsers(InBackground):
    """Some of them, in an event loop of their own, until the block ends."""

    def __init__(self, webs: Sequence[Asked], seed: int) -> None:
        self._chance = random.Random(seed)
        self.pages = [Roaming(webs, self._chance) for _ in READERS]
        headers = [webs[0].login(name) for name in READERS]
        self.visits = [
            Visit(page, header, "") for page, header in zip(self.pages, headers, strict=True)
        ]
        super().__init__(lambda: asyncio.run(self._read()))

    async def _read(self) -> None:
        reading = [asyncio.create_task(visit.read(self._cuts_s())) for visit in self.visits]
        for visit in self.visits:
            visit.shake()
        ended = asyncio.create_task(asyncio.to_thread(self._ended.wait))
        await asyncio.wait({ended, *reading}, return_when=asyncio.FIRST_COMPLETED)
        for task in reading:
            if task.done():
                self._failure = task.exception()
            task.cancel()
        await asyncio.gather(ended, *reading, return_exceptions=True)

    def _cuts_s(self) -> Iterator[float]:
        while True:
            yield self._chance.uniform(*STAYS_S)


class Admin(InBackground):
    """Does one thing after another in a thread, until the block ends; remembers which syncs were
    promised to begin."""

    def __init__(self, webs: Sequence[Asked], seed: int) -> None:
        self._webs = webs
        self._chance = random.Random(seed)
        self.started: list[str] = []
        self.answers: Counter[int] = Counter()  # by status
        super().__init__(self._act_on_and_on)

    def _act_on_and_on(self) -> None:
        acts = [self._start] * 5 + [self._refresh] * 3 + [self._look] * 5
        acts += [self._cancel, self._retry, self._confirm]
        while not self._ended.wait(self._chance.uniform(*PAUSE_S)):
            try:
                self._chance.choice(acts)()
            except (OSError, HTTPException):
                pass  # nobody listens there at the moment, or was killed while it answered
            except BaseException as failure:
                self._failure = failure
                return

    def _start(self, **form: str) -> None:
        status, said = self._ask("/syncs/", form)
        if status == 202:
            self.started.append(said["operation"]["id"])

    def _refresh(self) -> None:
        self._start(mode="refresh")

    def _cancel(self) -> None:
        if operation := self._newest():
            self._ask(f"/syncs/{operation}/cancel/", {})

    def _retry(self) -> None:
        if operation := self._newest():
            self._ask(f"/syncs/{operation}/retry/", {}, NOTHING_TO_DO)

    def _confirm(self) -> None:
        if operation := self._newest():
            self._ask(f"/syncs/{operation}/confirm/", {}, NOTHING_TO_DO)

    def _look(self) -> None:
        path = self._chance.choice(("/", "/syncs/", "/api/status", "/api/events?limit=50"))
        self._ask(path)

    def _newest(self) -> str:
        """The newest sync's id; empty where there is none, or no answer."""
        status, said = self._ask("/api/status")
        return said["operation"]["id"] if status == 200 and said["operation"] else ""

    def _ask(
        self, path: str, form: dict[str, str] | None = None, also_fine: int = 200
    ) -> tuple[int, Any]:
        """Status, and what is said as JSON where it is."""
        web = self._chance.choice(self._webs)
        kind = "html" if path in ("/", "/syncs/") and form is None else "json"
        answer = ask(web, path, "admin", form, kind)
        self.answers[answer.status] += 1
        assert answer.status in FINE | {also_fine}, f"{path}: {answer}"
        return answer.status, json.loads(answer.body) if kind == "json" else None
