"""Tempo: pure requests, answers and scope, and a thin client."""
