"""Simulated Prometheus, Loki and Tempo: ASGI apps with the HTTP interface of the real ones over one scenario."""
