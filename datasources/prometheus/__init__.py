"""Prometheus's HTTP interface: client, and pure requests, responses, scope."""
