"""How fast the whole day is, and against whom. `python -m benchmarks.speed --size 1m`.

The data is made by a formula, so what must come out is known before anything runs.
"""
