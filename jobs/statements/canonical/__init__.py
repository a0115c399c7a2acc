"""Cells to canonical columns: money, timestamps, references, kinds and statuses."""
