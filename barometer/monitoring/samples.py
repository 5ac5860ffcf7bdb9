"""What a metric is here: its name, what it says, the names of its labels, and the figures that are told of it.

No label ever holds a merchant, a host, an address or an account: a metric names no one, and has a bounded number of series.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

Kind = Literal["gauge", "counter"]


class Metric(NamedTuple):
    """A metric: ``name`` as Prometheus reads it, ``says`` its one line of help, ``labels`` in their order."""

    name: str
    says: str
    labels: tuple[str, ...] = ()
    kind: Kind = "gauge"

    def __call__(self, value: float, *labels: str) -> "Sample":
        """Return the figure *value* of this metric, with the values of its labels."""
        return Sample(self, float(value), labels)

    def at(self, moment: datetime | None, *labels: str) -> Iterator["Sample"]:
        """Yield *moment* as seconds since 1970, nothing where there is none: a zero would be taken for a date."""
        if moment is not None:
            yield self(moment.timestamp(), *labels)


class Sample(NamedTuple):
    """One figure of a metric."""

    metric: Metric
    value: float
    labels: tuple[str, ...]


def families(metrics: Iterable[Metric], samples: Iterable[Sample]) -> Iterator[Family]:
    """Yield what Prometheus calls families, in the order of *metrics*, each with its *samples* by their labels.

    A metric without a sample is left out. Raises ``ValueError`` for a sample of no metric, or with too many labels.
    """
    found: dict[Metric, list[Sample]] = {metric: [] for metric in metrics}
    for sample in samples:
        if sample.metric not in found or len(sample.labels) != len(sample.metric.labels):
            raise ValueError(f"{sample.metric.name} is not listed, or has other labels than {sample.labels}")
        found[sample.metric].append(sample)
    for metric, own in found.items():
        if own:
            made = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = made(metric.name, metric.says, labels=metric.labels)
            for sample in sorted(own, key=lambda one: one.labels):
                family.add_metric(sample.labels, sample.value)
            yield family
