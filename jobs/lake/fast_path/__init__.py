"""Finds and counts reference hashes outside the engine; see docs/reference/engines.md."""
