"""Loops only: each asks a use case again and again, logs what went wrong, and goes on."""
