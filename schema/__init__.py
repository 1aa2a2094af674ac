"""What a client sees: types, arguments and descriptions. No I/O, no decisions."""
