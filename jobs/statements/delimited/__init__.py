"""Delimited text, wholly described by a profile."""
