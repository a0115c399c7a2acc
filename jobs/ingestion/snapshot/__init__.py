"""Snapshots of our own transactions: received, cut into tasks, brought to our columns."""
