"""What goes wrong with the embedded server, in one line that a person at a terminal can act on."""

from __future__ import annotations


class EmbeddedPostgresError(Exception):
    """The private server cannot be started; the message is one line and names the way out."""
