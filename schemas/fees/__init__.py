"""The parts of a rate card: prices, and what is checked of a card as a whole; a trade to price."""
