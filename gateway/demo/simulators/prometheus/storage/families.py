"""Which histograms the demo's requests are counted in: by the services themselves, and by Tempo out of their spans."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from gateway.demo.scenario.topology import service_spec
from gateway.demo.scenario.variants import Variant, VariantSpan

HTTP_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
SPAN_BOUNDS = tuple(0.002 * 2**power for power in range(14))
EDGE_BOUNDS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)
_GENERATOR = {"__metrics_gen_instance": "tempo-0"}

Observed = tuple[dict[str, str], int, int, int]
"""Labels, and in nanoseconds: end since the root's start, duration; last, the position of the span."""


class Family(NamedTuple):
    name: str
    bounds: tuple[float, ...]
    observe: Callable[[Variant], Iterator[Observed]]


class Observation(NamedTuple):
    """Units: nanoseconds. `key` is a place in the index's label sets, `bucket` one in its bounds."""

    end_offset_ns: int
    key: int
    bucket: int
    duration_ns: int
    span: int


class FamilyIndex:
    """A family as one namespace's requests fill it."""

    def __init__(self, family: Family, variants: Sequence[Variant]) -> None:
        self.family = family
        self.keys: list[dict[str, str]] = []
        places: dict[tuple[tuple[str, str], ...], int] = {}
        self.observations: dict[int, tuple[Observation, ...]] = {}
        for variant in variants:
            found = []
            for labels, end, duration, span in family.observe(variant):
                key = places.setdefault(tuple(labels.items()), len(places))
                if key == len(self.keys):
                    self.keys.append(labels)
                if duration >= 0:
                    found.append(Observation(end, key, bisect_left(family.bounds, duration / 1e9), duration, span))
            self.observations[id(variant)] = tuple(found)


def http_requests(variant: Variant) -> Iterator[Observed]:
    """One observation for each SERVER span, when it ends."""
    for position, span in enumerate(variant.spans):
        if span.kind == "SERVER":
            labels = {
                **service_spec(variant.namespace, span.service).target(),
                "http_request_method": str(span.attributes["http.request.method"]),
                "http_response_status_code": str(span.attributes["http.response.status_code"]),
                "http_route": str(span.attributes["http.route"]),
            }
            yield labels, span.end_offset_ns, span.duration_ns, position


def span_metrics(variant: Variant) -> Iterator[Observed]:
    for position, span in enumerate(variant.spans):
        labels = {
            **_GENERATOR,
            "service": span.service,
            "service_namespace": variant.namespace,
            "span_kind": f"SPAN_KIND_{span.kind}",
            "span_name": span.name,
            "status_code": f"STATUS_CODE_{span.status}",
        }
        yield labels, span.end_offset_ns, span.duration_ns, position


def edges_by_server(variant: Variant) -> Iterator[Observed]:
    """One observation for each call from one service to another, a database, or somebody outside."""
    for labels, client, server, position in _edges(variant):
        yield labels, max(client.end_offset_ns, server.end_offset_ns), server.duration_ns, position


def edges_by_client(variant: Variant) -> Iterator[Observed]:
    for labels, client, server, position in _edges(variant):
        yield labels, max(client.end_offset_ns, server.end_offset_ns), client.duration_ns, position


def failed_edges(variant: Variant) -> Iterator[Observed]:
    """The failed calls; a label set without any is observed with nothing but its name, by a duration below nought."""
    for labels, client, server, position in _edges(variant):
        failed = "ERROR" in (client.status, server.status)
        yield labels, max(client.end_offset_ns, server.end_offset_ns), server.duration_ns if failed else -1, position


def _edges(variant: Variant) -> Iterator[tuple[dict[str, str], VariantSpan, VariantSpan, int]]:
    spans = variant.spans
    yield _edge(variant, "user", spans[0].service, "virtual_node", client_known=False), spans[0], spans[0], 0
    for position, span in enumerate(spans):
        if span.parent is not None and span.kind in ("SERVER", "CONSUMER"):
            parent = spans[span.parent]
            manner = "messaging_system" if span.kind == "CONSUMER" else ""
            yield _edge(variant, parent.service, span.service, manner), parent, span, position
        elif span.kind == "CLIENT" and "db.system.name" in span.attributes:
            server = str(span.attributes["server.address"])
            yield _edge(variant, span.service, server, "database", server_known=False), span, span, position
        elif span.kind == "CLIENT" and str(span.attributes.get("url.full", "")).startswith("https:"):
            server = str(span.attributes["peer.service"])
            yield _edge(variant, span.service, server, "virtual_node", server_known=False), span, span, position


def _edge(
    variant: Variant, client: str, server: str, manner: str, *, client_known: bool = True, server_known: bool = True
) -> dict[str, str]:
    """A side that sends no spans has no namespace either."""
    labels = {**_GENERATOR, "client": client, "server": server}
    if manner:
        labels["connection_type"] = manner
    if client_known:
        labels["client_service_namespace"] = variant.namespace
    if server_known:
        labels["server_service_namespace"] = variant.namespace
    return labels


HTTP = Family("http_server_request_duration_seconds", HTTP_BOUNDS, http_requests)
SPANS = Family("traces_spanmetrics_latency", SPAN_BOUNDS, span_metrics)
EDGE_SERVER = Family("traces_service_graph_request_server_seconds", EDGE_BOUNDS, edges_by_server)
EDGE_CLIENT = Family("traces_service_graph_request_client_seconds", EDGE_BOUNDS, edges_by_client)
EDGE_FAILED = Family("traces_service_graph_request_failed", (), failed_edges)
FAMILIES = (HTTP, SPANS, EDGE_SERVER, EDGE_CLIENT, EDGE_FAILED)
