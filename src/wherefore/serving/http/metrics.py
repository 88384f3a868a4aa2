"""What the server counts, in Prometheus's format."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from wherefore.reply import Reply

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Counts of one server, in a registry of its own.

    Args:
        waiting: How many turns wait.
        items: How many items there are.
    """

    def __init__(self, waiting: Callable[[], int], items: Callable[[], int]) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "wherefore_requests", "Requests answered", ("method", "route", "status"), registry=registry
        )
        self.request_seconds = Histogram(
            "wherefore_request_seconds",
            "Time from a request to the end of its response",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.turn_seconds = Histogram(
            "wherefore_turn_seconds",
            "Time from the beginning of a turn to its list, its first word, and its end",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.turns = Counter(
            "wherefore_turns", "Replies made, by what they do", ("action",), registry=registry
        )
        self.given_up = Counter(
            "wherefore_turns_given_up", "Turns whose client went away before the end", registry=registry
        )
        self.errors = Counter("wherefore_errors", "Requests refused or failed", ("kind",), registry=registry)
        self.found_by = Counter(
            "wherefore_listed_found_by", "Listed items, by each source that found them", ("source",),
            registry=registry,
        )  # fmt: skip
        self.worded = Counter(
            "wherefore_reasons",
            "Reasons by where their words are from: the language model's first, rewritten, plain, or quoted",
            ("worded",),
            registry=registry,
        )
        self.feedback = Counter("wherefore_feedback", "Feedback kept", ("verdict",), registry=registry)
        self.streams = Gauge("wherefore_streams", "Replies that are being streamed", registry=registry)
        Gauge("wherefore_queue_waiting", "Turns that wait to begin", registry=registry).set_function(waiting)
        Gauge("wherefore_items", "Items in the catalogue", registry=registry).set_function(items)

    def reply(self, reply: Reply) -> None:
        """Count a whole reply."""
        self.turns.labels(reply.action).inc()
        for stage, seconds in reply.timings.items():
            self.turn_seconds.labels(stage).observe(seconds)
        for one in reply.recommendations:
            if one.worded:
                self.worded.labels(one.worded).inc()
            for source in one.found_by:
                self.found_by.labels(source).inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)
