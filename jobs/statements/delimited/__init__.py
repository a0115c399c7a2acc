"""Delimited text, fully described by a profile."""
