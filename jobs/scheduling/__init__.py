"""What a scheduler needs to know: the channels, their times, and how far a date has come."""
