"""What goes wrong with the tables, in one line that a person at a terminal can act on."""

from __future__ import annotations


class MigrationError(Exception):
    """The tables are not of this version; the message is one line and says what to do."""
