"""What changed between two runs of a date."""
