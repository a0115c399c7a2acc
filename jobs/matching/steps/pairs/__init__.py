"""Rules of single pairs: equal items, tolerances, possible copies, and what differs in kind."""
