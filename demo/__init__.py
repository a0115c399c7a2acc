"""Five labelled days of three channels, made here, run through every step and checked.

`python -m demo` (or `make demo`). All of it is invented, from a seed: the merchants, the people,
the cards and the money. `demo/config` is the configuration that the README shows.
"""
