"""The one place where a SparkSession is made."""

import os
import sys

from pyspark.sql import SparkSession


def get_session(name: str) -> SparkSession:
    """The running session, or one made with what spark-submit and conf/spark-defaults.conf say.

    Where nobody named a Python for Spark's workers, as in a notebook, it is this one: another would lack the packages.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.appName(name).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark
