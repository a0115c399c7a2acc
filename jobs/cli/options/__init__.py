"""Options of single commands, a module each."""
