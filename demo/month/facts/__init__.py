"""What each table of the lake must say, from what was planted; `demo.month.score` compares."""
