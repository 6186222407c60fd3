"""The one place where a SparkSession is made."""

from pyspark.sql import SparkSession


def get_session(name: str) -> SparkSession:
    """The running session, or one made with what spark-submit and conf/spark-defaults.conf say."""
    spark = SparkSession.builder.appName(name).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark
