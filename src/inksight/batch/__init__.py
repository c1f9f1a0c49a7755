"""Many pages: which files, in how many processes or on how many machines."""
