"""Runs the match: reads its inputs, matches, writes and verifies; plans what runs again."""
