"""What every command shows in the same form: labels, amounts, the line of a day."""
