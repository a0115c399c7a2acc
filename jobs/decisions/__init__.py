"""Decisions by persons: maker and checker."""
