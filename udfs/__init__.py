"""What is handed to Spark: functions for mapInArrow, which run on executors."""
