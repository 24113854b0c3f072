"""What a socket sends, and what its browser's acknowledgements are worth."""

from syncengine import roles
from syncengine.rights import Visitor
from syncengine.sockets import MAX_USELESS, WINDOW_BYTES, Socket
from syncengine.tail import Frame

ANN = Visitor("session", 1, "Ann", frozenset({roles.AUDITORS}))
LARGE = "x" * (WINDOW_BYTES + 1)


class Browser:
    """The other end: what it got, and with which code it was closed."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.code: int | None = None
        self.socket = Socket(ANN, self._take, self._hang_up, position=0)
        self.closes_at = ""

    async def _take(self, text: str) -> None:
        self.got.append(text)
        if text == self.closes_at:
            await self.socket.close(4401)

    async def _hang_up(self, code: int) -> None:
        self.code = code


async def test_nothing_follows_the_order_to_close_not_even_frames_that_are_under_way() -> None:
    browser = Browser()
    browser.closes_at = "first"
    await browser.socket.send_frames([Frame(0, 1, "first", 5), Frame(1, 2, "second", 6)])
    await browser.socket.send("heartbeat")
    await browser.socket.send_snapshot(2, "snapshot")
    assert browser.code == 4401
    assert browser.got == ["first"]


async def test_no_more_is_sent_than_a_browser_that_reads_may_owe() -> None:
    browser = Browser()
    frames = [Frame(0, 1, LARGE, WINDOW_BYTES + 1), Frame(1, 2, "second", 6)]
    await browser.socket.send_frames(frames)
    assert browser.got == [LARGE]
    # What was never sent cannot have been read.
    assert browser.socket.acknowledge(10**15)
    await browser.socket.send_frames(frames[1:])
    await browser.socket.send_snapshot(2, "snapshot")
    assert browser.got == [LARGE]
    assert browser.socket.acknowledge(1)
    await browser.socket.send_frames(frames[1:])
    assert browser.got == [LARGE, "second"]


async def test_acknowledgements_that_go_on_are_welcome_and_others_few() -> None:
    browser = Browser()
    await browser.socket.send_snapshot(10 * MAX_USELESS, "snapshot")
    assert all(browser.socket.acknowledge(position + 1) for position in range(10 * MAX_USELESS))
    answers = [browser.socket.acknowledge(1) for _ in range(MAX_USELESS)]
    assert answers == [True] * (MAX_USELESS - 1) + [False]
