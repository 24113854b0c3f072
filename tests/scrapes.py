"""`/metrics` as Prometheus reads it."""

import urllib.request
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.process import ANSWER_LIMIT_S

TOKEN = "only-for-the-tests-of-metrics"
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}

Labels = frozenset[str]


@dataclass
class Scrape:
    text: str

    def __post_init__(self) -> None:
        families = list(text_string_to_metric_families(self.text))
        self.kinds = {_written(family.name, family.type): family.type for family in families}
        self.samples: dict[str, list[Sample]] = {
            _written(family.name, family.type): family.samples for family in families
        }

    def __getitem__(self, name: str) -> float:
        """The one sample of this name, or of a histogram how much it has seen."""
        return self.value(name)

    def value(self, name: str, **labels: str) -> float:
        values = [
            sample.value
            for samples in self.samples.values()
            for sample in samples
            if sample.name == name and sample.labels == labels
        ]
        assert len(values) == 1, f"{name} {labels}: {values}"
        return values[0]

    def by(self, name: str, label: str) -> dict[str, float]:
        """{value of the label: value}, where there is any."""
        return {s.labels[label]: s.value for s in self.samples[name] if s.value}

    def labels(self, name: str) -> Labels:
        """The labels that its samples have, but for the bounds of a histogram."""
        return frozenset(key for sample in self.samples[name] for key in sample.labels) - {"le"}


def scraped(origin: str, headers: dict[str, str] = WITH_TOKEN) -> Scrape:
    request = urllib.request.Request(f"{origin}/metrics", headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=ANSWER_LIMIT_S) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return Scrape(answer.read().decode())


def _written(name: str, kind: str) -> str:
    """As it stands on the page: the parser takes `_total` away."""
    return f"{name}_total" if kind == "counter" else name
