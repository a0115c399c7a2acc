"""How well a channel did in a month: the sheet for the next talk with it."""
