"""Each checkpoint that is written also goes to `CHECKPOINT_WEBHOOK_URL`, so that a copy of it is
kept where whoever runs the database cannot write.

It is a POST of the checkpoint as JSON. `X-Groovelog-Signature: sha256=…` is the HMAC-SHA-256 of the
body, by which the receiver knows that it comes from here.
"""

import asyncio
import hashlib
import hmac
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import urlsplit

from django.conf import settings

from albums.sources.http import Answer, Http, Limits, TransportError

logger = logging.getLogger("groovelog.webhook")

LIMITS = Limits(5, 10, 20, 64 * 1024, 64 * 1024)
RETRY_BASE_S = 1.0
SIGNATURE = "X-Groovelog-Signature"
DERIVED_FROM = b"checkpoint-webhook"  # and SECRET_KEY, where no key is configured

# Its thread is waited for at exit, so that a command that ends with its sync is heard, too.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint-webhook")


def tell(checkpoint: str) -> "Future[None] | None":
    """Send a checkpoint, a JSON object in a line, from a thread of its own: nobody waits for it,
    and what fails is logged after some tries. None where nothing is configured."""
    url = settings.CHECKPOINT_WEBHOOK_URL
    return _thread.submit(_send, url, checkpoint.strip().encode()) if url else None


def key() -> bytes:
    """The key of the signature: `CHECKPOINT_WEBHOOK_SECRET`, or one made from `SECRET_KEY`, which
    tells nothing about that."""
    if settings.CHECKPOINT_WEBHOOK_SECRET:
        return bytes(settings.CHECKPOINT_WEBHOOK_SECRET.encode())
    made = hmac.new(settings.SECRET_KEY.encode(), DERIVED_FROM, hashlib.sha256)
    return made.hexdigest().encode()


def signature(body: bytes) -> str:
    return f"sha256={hmac.new(key(), body, hashlib.sha256).hexdigest()}"


def _send(url: str, body: bytes) -> None:
    host = urlsplit(url).hostname  # the rest of the address may be a secret
    try:
        status = asyncio.run(_post(url, body)).status
    except TransportError as error:
        logger.error("a checkpoint could not be sent to %s: %s", host, error)
    except Exception:
        logger.exception("a checkpoint could not be sent to %s", host)
    else:
        if not 200 <= status < 300:
            logger.error("%s did not take a checkpoint: it answered %s", host, status)


async def _post(url: str, body: bytes) -> Answer:
    headers = {"Content-Type": "application/json", SIGNATURE: signature(body)}
    async with Http(exempt_origins=(url,), retry_base_s=RETRY_BASE_S) as http:

        async def once() -> Answer:
            return await http.once("POST", url, LIMITS, headers=headers, data=body)

        return await http.retrying(once)
