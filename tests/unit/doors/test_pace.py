"""A long answer is sent as fast as it is read."""

import asyncio
from functools import partial
from typing import Any

import pytest

from project import requests
from project.requests import BoundedRequest, Reader, at_the_readers_pace

BODY = {"type": "http.response.body", "body": b"x", "more_body": True}


class Transport:
    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True


class Request(BoundedRequest):
    """One without a connection: what Twisted would tell is told by the test."""

    def __init__(self) -> None:
        self._reader = Reader()
        self.channel = type("Channel", (), {"transport": Transport()})()
        self.is_paced = False
        self.sent: list[dict[str, Any]] = []

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        assert producer is self._reader and streaming
        self.is_paced = True


async def _handle_reply(request: Request, message: dict[str, Any]) -> None:
    request.sent.append(message)


def start(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": list(headers)}


async def answer(request: Request, first: dict[str, Any]) -> "asyncio.Task[None]":
    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await send(first)
        for _ in range(3):
            await send(BODY)
        await send({**BODY, "more_body": False})

    send = partial(_handle_reply, request)
    task = asyncio.create_task(at_the_readers_pace(application)({}, None, send))
    for _ in range(10):
        await asyncio.sleep(0)
    return task


async def test_it_waits_for_the_reader_and_goes_on() -> None:
    request = Request()
    request._reader.pauseProducing()
    task = await answer(request, start())
    assert request.is_paced
    assert len(request.sent) == 2
    request._reader.resumeProducing()
    await task
    assert len(request.sent) == 5


async def test_an_answer_that_is_in_memory_already_is_sent_at_once() -> None:
    request = Request()
    request._reader.pauseProducing()
    await (await answer(request, start((b"Content-Length", b"4"))))
    assert not request.is_paced
    assert len(request.sent) == 5


async def test_nobody_waits_for_a_reader_who_has_gone() -> None:
    request = Request()
    request._reader.pauseProducing()
    task = await answer(request, start())
    request._reader.stopProducing()
    await task


async def test_a_reader_who_takes_nothing_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "STALLED_S", 0.01)
    request = Request()
    request._reader.pauseProducing()
    await (await answer(request, start()))
    assert request.channel.transport.aborted


def test_an_answer_that_breaks_off_does_not_look_whole() -> None:
    request = Request()
    request._response_started = True
    request.handle_exception(ValueError())
    assert request.channel.transport.aborted
    assert request.sent == []
