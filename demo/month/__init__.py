"""A labelled month of three channels and two bank accounts, run day by day as in life.

`python -m demo.month` (or `make demo-month`). It draws a month from a seed and plants known cases
in it: in the match, in fees, in payouts and in orders. It computes every label from what it
planted, with arithmetic of its own, and counts what tieout finds: precision and recall by class.
"""
