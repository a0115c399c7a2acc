"""The two engines: sessions, tasks on their workers, and the files that Spark needs."""
