"""What lies in the inbox, for whatever date: what each file would be, and what is new."""
