"""The Delta tables: the only room that reads and writes them."""
