"""Snapshots of our own transactions: receives them, plans tasks, writes canonical columns."""
