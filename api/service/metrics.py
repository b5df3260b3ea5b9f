"""Figures of the service for Prometheus (指标): counted where things happen, written by its client library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

Sample = Callable[[], Iterable[Metric]]
"""Reads figures of a part of the service at the moment that they are asked for."""


class Metrics:
    """The figures of one service, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._steps = {
            step: Histogram(f"songnuan_{step}_seconds", help_text, buckets=SECONDS, registry=self._registry)
            for step, help_text in (
                ("admission", "From a statement's coming in to its outcome"),
                ("commit", "The commit of a batch of statements"),
            )
        }
        self._answers = Histogram(
            "songnuan_query_seconds",
            "Answers, by the template of their route",
            ("method", "route"),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._refusals = Counter(
            "songnuan_refusals", "What was refused, by its code", ("code",), registry=self._registry
        )

    def observe_step(self, step: str, seconds: float) -> None:
        """Take in how long a step of the writer took: ``admission`` or ``commit``."""
        self._steps[step].observe(seconds)

    def observe_answer(self, method: str, route: str, seconds: float) -> None:
        """Take in how long an answer took."""
        self._answers.labels(method, route).observe(seconds)

    def count_refusal(self, code: str, count: int = 1) -> None:
        """Count what was refused by a code."""
        self._refusals.labels(code).inc(count)

    def sample(self, sample: Sample) -> None:
        """Have a part of the service read its figures whenever they are asked for."""
        self._registry.register(_Sampled(sample))

    def exposition(self) -> bytes:
        """All figures in the exposition format."""
        return generate_latest(self._registry)


class _Sampled(Collector):
    def __init__(self, sample: Sample) -> None:
        self._sample = sample

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand, so that nothing is sampled before the service runs."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The figures now."""
        yield from self._sample()


def gauge(name: str, help_text: str, value: float) -> Metric:
    """One figure that goes up and down."""
    return GaugeMetricFamily(f"songnuan_{name}", help_text, value=value)


def gauges(name: str, help_text: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    """One figure for each value of a label."""
    family = GaugeMetricFamily(f"songnuan_{name}", help_text, labels=(label,))
    for each, value in values:
        family.add_metric((each,), value)
    return family


def counters(name: str, help_text: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    """One count, which only grows, for each value of a label."""
    family = CounterMetricFamily(f"songnuan_{name}", help_text, labels=(label,))
    for each, value in values:
        family.add_metric((each,), value)
    return family
