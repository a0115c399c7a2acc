"""Shape checks of the rows that ingest and match write, by Great Expectations."""
