"""Changes of large tables that follow the match: what is due, and one transaction per channel."""
