"""Updates from one run to the next: what is new, what can be reused, stable group ids, and drift."""
