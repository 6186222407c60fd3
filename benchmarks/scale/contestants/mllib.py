"""Spark MLlib's own joins: random projections of the image codes in buckets, and MinHash of the title's terms.

One setting a run, since a join that is set too wide does not end: `image LENGTH TABLES DISTANCE` or
`terms TABLES DISTANCE`. Seconds are those of fit and join, counted to the last pair.
"""

import sys

import numpy as np
from pyspark.ml.feature import BucketedRandomProjectionLSH, HashingTF, MinHashLSH
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from shared import CATALOGUE, Clock, read_encoded, read_products, report


def near_images(spark: SparkSession, length: float, tables: int, distance: float) -> DataFrame:
    """Pairs of photos within a Euclidean distance of their codes, of which the cosine is 1 - distance² / 2."""
    codes = spark.read.parquet(str(CATALOGUE / "encoded" / "listings")).where("image_embedding is not null")
    vectors = codes.select("posting_id", array_to_vector("image_embedding").alias("code"))
    lsh = BucketedRandomProjectionLSH(
        inputCol="code", outputCol="hashes", bucketLength=length, numHashTables=tables, seed=7
    )
    return lsh.fit(vectors).approxSimilarityJoin(vectors, vectors, distance)


def near_terms(spark: SparkSession, tables: int, distance: float) -> DataFrame:
    """Pairs of titles within a Jaccard distance of their terms."""
    titles = spark.read.parquet(str(CATALOGUE / "encoded" / "listings")).where("size(terms) > 0")
    vectors = HashingTF(inputCol="terms", outputCol="words", numFeatures=2**20, binary=True).transform(titles)
    vectors = vectors.select("posting_id", "words")
    lsh = MinHashLSH(inputCol="words", outputCol="hashes", numHashTables=tables, seed=7)
    return lsh.fit(vectors).approxSimilarityJoin(vectors, vectors, distance)


def main(which: str, *numbers: str) -> None:
    spark = SparkSession.builder.appName("mllib").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    clock = Clock()
    if which == "image":
        joined = near_images(spark, float(numbers[0]), int(numbers[1]), float(numbers[2]))
    else:
        joined = near_terms(spark, int(numbers[0]), float(numbers[1]))
    sides = [F.col(f"dataset{side}.posting_id").alias(side) for side in "AB"]
    found = joined.select(*sides).where("A < B").toArrow()
    spent = clock()
    table = read_encoded([])
    product, pairs = read_products(table["posting_id"])
    place = {posting_id: row for row, posting_id in enumerate(table["posting_id"].to_pylist())}
    left, right = (np.array([place[i] for i in found[side].to_pylist()], np.int64) for side in "AB")
    report(f"{which} {' '.join(numbers)}", spent, (left, right), product, pairs)


if __name__ == "__main__":
    main(*sys.argv[2:])
