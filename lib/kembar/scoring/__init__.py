"""From proposed pairs to candidate lists to probabilities with their evidence."""
