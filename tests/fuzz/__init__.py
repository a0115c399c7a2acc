"""Damaged statement files: seeded damages, and a judge of what tieout reads from them."""
