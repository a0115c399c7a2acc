"""What a draft goes by: words of several languages, encodings, and what it has not used."""
