"""Writing systems: which script a character belongs to, and how characters of a hand are set to words."""
