"""Bad input of every kind known, drawn by seed, with what must come of each case."""
