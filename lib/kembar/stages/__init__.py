"""The stages of jobs: functions with a SparkSession that turn tables into tables."""
