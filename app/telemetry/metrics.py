"""Counters of one process, for Prometheus. No label says who wrote, who was written to, or what about."""

import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.delivery.outbound import Lane

QUICK = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0)  # seconds; Twilio waits 15
SLOW = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds; Twilio mostly answers within one
SHARED = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """What one process has done since it started."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.texts = Counter("hotline_texts", "Texts that came in", ["taken"], registry=self.registry)
        self.refused = Counter(
            "hotline_refused_signatures", "Webhooks that the carrier did not sign", registry=self.registry
        )
        self.webhooks = Histogram(
            "hotline_webhook_seconds",
            "How long the carrier's webhooks took",
            ["webhook", "status"],
            buckets=QUICK,
            registry=self.registry,
        )
        self.tries = Counter(
            "hotline_sends",
            "Tries to hand a text to the carrier",
            ["lane", "result", "error"],
            registry=self.registry,
        )
        self.posts = Histogram(
            "hotline_send_seconds", "How long the carrier took for a text", buckets=SLOW, registry=self.registry
        )
        self.batches = Histogram(
            "hotline_commit_texts", "Pieces of work that shared a commit", buckets=SHARED, registry=self.registry
        )
        ProcessCollector(registry=self.registry)

    def tried(self, lane: int, result: str, code: int | None = None) -> None:
        """Count a try to send, with the carrier's error code by its hundreds: `213xx` says as much as is needed."""
        self.tries.labels(Lane(lane).name.lower(), result, f"{code // 100}xx" if code else "").inc()

    def counts(self, taken: list[str]) -> dict[str, int]:
        """How many texts came in, by what became of them."""
        found = {word: self.registry.get_sample_value("hotline_texts_total", {"taken": word}) for word in taken}
        return {word: int(count or 0) for word, count in found.items()}


class Timed:
    """ASGI middleware that times the webhooks and lets everything else pass. It costs a text some 10 µs."""

    def __init__(self, app: ASGIApp, metrics: Metrics, webhooks: Mapping[str, str]) -> None:
        self.app = app
        self.webhooks = webhooks
        self.metrics = metrics
        self._seen: dict[tuple[str, int], Histogram] = {}  # finding a label anew takes longer than all the rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request."""
        webhook = self.webhooks.get(scope["path"].removesuffix("/")) if scope["type"] == "http" else None
        if webhook is None:
            await self.app(scope, receive, send)
            return
        status = 500  # unless it says otherwise

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.perf_counter()
        try:
            await self.app(scope, receive, noting)
        finally:
            self._note(webhook, status, time.perf_counter() - began)

    def _note(self, webhook: str, status: int, took: float) -> None:
        key = webhook, status
        if key not in self._seen:
            self._seen[key] = self.metrics.webhooks.labels(webhook, str(status))
        self._seen[key].observe(took)
        if status == 403:
            self.metrics.refused.inc()
