"""Damaged statement files: a seeded mutator, and a judge of what becomes of them."""
