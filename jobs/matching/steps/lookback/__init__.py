"""What step 2 looks up of earlier runs: closed rows, the pair of each, and which row stands."""
