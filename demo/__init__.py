"""Five labelled days of three channels: made here, run through every step, and checked.

`python -m demo` (or `make demo`). A seed makes all of it up: the merchants, the people, the cards
and the money. `demo/config` is the configuration that the README shows.
"""
