"""Frozen, slotted records: what goes up from the sources. No behaviour beyond reshaping of their own fields."""
