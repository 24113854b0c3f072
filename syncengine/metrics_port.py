"""`METRICS_PORT`: what a worker on its own, which has no web server, has to tell Prometheus."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from django.conf import settings
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from syncengine.metrics import REGISTRY, is_scraper

logger = logging.getLogger("groovelog.metrics")


@asynccontextmanager
async def metrics_served() -> AsyncIterator[None]:
    """Serve `/metrics` until the block ends, where that is configured. No sync depends on it: where
    the port is taken, as by another worker, an error is logged and that is all."""
    if not settings.METRICS_PORT:
        yield
        return
    application = web.Application()
    application.router.add_get("/metrics", _metrics)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, settings.METRICS_HOST, settings.METRICS_PORT).start()
        except (OSError, OverflowError) as error:
            logger.error("no metrics at METRICS_PORT %s: %s", settings.METRICS_PORT, error)
        yield
    finally:
        await runner.cleanup()


async def _metrics(request: web.Request) -> web.Response:
    if settings.METRICS_TOKEN and not is_scraper(request.headers.get("Authorization", "")):
        return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    headers = {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4, "Cache-Control": "no-store"}
    return web.Response(body=generate_latest(REGISTRY), headers=headers)
