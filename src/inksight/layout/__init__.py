"""Where the words of a page are, which ink is theirs, and in which order they are read."""
