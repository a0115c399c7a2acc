"""Shape checks of what landed and what was matched, by Great Expectations."""
