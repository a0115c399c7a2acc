"""What pairs at once by hashes of references, and by how large a day is."""
