"""The two engines: opens sessions, runs tasks on workers, and fetches the files of Spark."""
