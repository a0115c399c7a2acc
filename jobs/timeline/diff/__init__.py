"""Compares two runs of one date."""
