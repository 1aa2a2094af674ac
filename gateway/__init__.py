"""Composition root and transport; nobody imports it."""
