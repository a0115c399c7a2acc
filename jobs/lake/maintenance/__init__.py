"""Keeps a lake small: few data files, and none that no table needs."""
