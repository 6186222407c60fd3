"""What a job's stage does with a SparkSession: tables in, tables out."""
