"""`/metrics`: what this process and the database have to tell Prometheus."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from syncengine import roles
from syncengine.figures import Figures
from syncengine.http import HttpError, admit
from syncengine.metrics import REGISTRY, is_scraper

_figures = Figures()


class _Everything(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()
        yield from _figures.collect()


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever shows `METRICS_TOKEN`, wherever the database is, and for admins who are signed
    in. An address proves nothing: behind a proxy everybody has the same."""
    if not is_scraper(request.headers.get("Authorization", "")):
        try:
            admit(request, roles.is_admin)
        except HttpError as error:
            answer = error.as_response()
            if error.status == 401:
                answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
    return HttpResponse(generate_latest(_Everything()), content_type=CONTENT_TYPE_PLAIN_0_0_4)
