"""What is shown to people in the same words everywhere: labels and money."""
