"""How a file is laid out, as a profile says it."""
