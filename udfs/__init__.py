"""Functions for Spark's mapInArrow, which run on executors."""
