"""The outside world: the only layer that knows URLs, SQL and wire formats."""
