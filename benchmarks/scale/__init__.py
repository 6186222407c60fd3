"""Size: how match and encode grow, what skew does, who else finds the same pairs, and what a cluster would cost."""
