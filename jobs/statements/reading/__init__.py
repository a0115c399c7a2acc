"""Bytes of a statement to cells, whatever the format."""
