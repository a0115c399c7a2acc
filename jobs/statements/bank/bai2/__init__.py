"""BAI2 cash management files."""
