"""From one run to the next: what is new, what can be reused, group ids that last, and drift."""
