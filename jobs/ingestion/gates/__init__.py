"""Gates that a statement file passes before its lines count: totals, limits, and likely causes."""
