"""Checkpoints that go out: signed, tried again, and never waited for."""

import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import LazySettings

from syncengine import checkpoints, operations, webhook
from syncengine.models import SyncOperation
from tests.histories import begin
from tests.syncing import eventually

pytestmark = pytest.mark.usefixtures("database")

PATH = "/hook?token=canary-of-the-hook"


class Receiver:
    """Somebody who keeps copies: `answers` are the statuses that it gives first."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.location = ""
        self.open = threading.Event()
        self.open.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.open.wait(20)
                receiver.got.append((self.path, dict(self.headers), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Content-Length", "0")
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}{PATH}"
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.open.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    receiver = Receiver()
    settings.CHECKPOINT_WEBHOOK_URL = receiver.url
    settings.CHECKPOINT_WEBHOOK_SECRET = "a secret of both"
    monkeypatch.setattr(webhook, "RETRY_BASE_S", 0.01)
    yield receiver
    receiver.stop()


def send(text: str = '{"position": 1}\n') -> None:
    sending = webhook.tell(text)
    assert sending is not None
    sending.result(20)


def test_each_checkpoint_goes_out_signed(receiver: Receiver) -> None:
    operations.complete(begin())
    operations.cancel(str(begin().operation), "bob")
    checkpoints.record()
    eventually(lambda: len(receiver.got) == 2)
    for (path, headers, body), stored in zip(receiver.got, checkpoints.stored(), strict=True):
        assert path == PATH
        assert headers["Content-Type"] == "application/json"
        wanted = {"log": stored.log, "position": stored.position, "hash": stored.hash}
        assert json.loads(body) == wanted | {"at": stored.at}
        made = hmac.new(b"a secret of both", body, hashlib.sha256).hexdigest()
        assert headers["X-Groovelog-Signature"] == f"sha256={made}"


def test_without_a_secret_the_key_is_made_from_the_installations(
    receiver: Receiver, settings: LazySettings
) -> None:
    settings.CHECKPOINT_WEBHOOK_SECRET = ""
    settings.SECRET_KEY = "k" * 50
    send()
    key = hmac.new(b"k" * 50, b"checkpoint-webhook", hashlib.sha256).hexdigest()
    ((_, headers, body),) = receiver.got
    made = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Groovelog-Signature"] == f"sha256={made}"


def test_nothing_goes_out_where_nothing_is_configured(settings: LazySettings) -> None:
    settings.CHECKPOINT_WEBHOOK_URL = ""
    assert webhook.tell("{}") is None


def test_a_receiver_that_fails_is_asked_again(receiver: Receiver) -> None:
    receiver.answers = [500, 503]
    send()
    assert len(receiver.got) == 3


@pytest.mark.parametrize("status", [500, 404, 307])
def test_what_fails_for_good_is_logged_without_the_address(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    receiver.answers = [status] * 9
    with caplog.at_level(logging.ERROR):
        send()
    assert caplog.messages == [f"127.0.0.1 did not take a checkpoint: it answered {status}"]
    assert "canary" not in caplog.text


def test_a_receiver_that_is_gone_is_logged_and_the_sync_has_ended(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.stop()
    with caplog.at_level(logging.ERROR):
        operations.complete(begin())
        eventually(lambda: caplog.messages)
    assert caplog.messages == ["a checkpoint could not be sent to 127.0.0.1: no connection"]
    assert SyncOperation.objects.get().state == "completed"


def test_nobody_waits_for_a_receiver_that_is_slow(receiver: Receiver) -> None:
    receiver.open.clear()
    operations.complete(begin())
    assert receiver.got == [], "it has not been answered yet"
    assert len(checkpoints.stored()) == 1
    receiver.open.set()
    eventually(lambda: receiver.got)


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    other = Receiver()
    try:
        receiver.location, receiver.answers = other.url, [307]
        send()
        assert (len(receiver.got), other.got) == (1, [])
    finally:
        other.stop()


def test_only_the_configured_address_may_be_private(
    receiver: Receiver, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same door as for Google and Spotify, which lets out to the public Internet only."""
    made: list[dict[str, Any]] = []
    real = webhook.Http

    def http(**options: Any) -> webhook.Http:
        made.append(options)
        return real(**options)

    monkeypatch.setattr(webhook, "Http", http)
    send()
    assert made[0]["exempt_origins"] == (receiver.url,)
    monkeypatch.setattr(webhook, "Http", lambda **options: real(retry_base_s=0.01))
    send()
    assert len(receiver.got) == 1, "the one that was configured"
