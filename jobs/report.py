"""Make a report on a run: a folder of pages, opened from disk, to look at groups and pairs and to mark what is wrong.

spark-submit jobs/report.py --matched DIR --encoded DIR --images DIR --output DIR [--listings train.csv]
"""

import argparse
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.types import StructType

from kembar.config import settings_from
from kembar.evaluation import evaluate, read_claims, read_truth
from kembar.jobs import Stages, job_parser, run_job
from kembar.listings import label_listings, read_listings
from kembar.report import Run, show_photos, tell_groups, tell_overview, write_site
from kembar.schemas import ENCODED, GROUPS, MATCHES, QUARANTINE
from kembar.session import get_session
from kembar.storage import exists, join_uri, read_arrow, read_json, read_table, require, require_images
from kembar.submission import read_submission

SHOWN = ["posting_id", "phash", "terms", "failures"]


def read_checked(spark: SparkSession, uri: str, schema: StructType, columns: list[str] | None = None) -> pa.Table:
    read_table(spark, uri, schema)  # says whether it is whole and of its schema
    return read_arrow(uri, columns)  # and this is quicker than Spark at bringing it here


def read_catalogue(spark: SparkSession, args: argparse.Namespace, kind: str) -> tuple[pa.Table, dict[str, Any] | None]:
    raw = read_listings(spark, args.listings, kind).persist()
    labels = label_listings(raw).toArrow()
    submission, metrics = join_uri(args.matched, "submission.csv"), None
    if labels["label_group"].null_count < len(labels) and exists(submission):
        truth = read_truth(labels)
        metrics = evaluate(truth, read_claims(read_submission(submission), truth))
    return raw.select("posting_id", "image", "title", "label_group").toArrow(), metrics


def main() -> None:
    parser = job_parser(
        __doc__,
        matched="the folder that jobs/match.py wrote",
        encoded="the folder that jobs/encode.py wrote, which was matched",
        images="the folder of the photos that the column image names",
        output="folder for the report; open its index.html",
    )
    parser.add_argument(
        "--listings",
        metavar="PATH",
        help="the catalogue that was encoded: it has the titles, names the photos and, if labelled, knows the truth. "
        "Without it a title's normalised words stand for it, and there are no photos",
    )
    args = parser.parse_args()
    settings = settings_from(args)
    require_images(args.images)
    if args.listings:
        require(args.listings, "listings")

    stages = Stages("report", spark := get_session("kembar report"), settings.logging.format)
    with stages("read"):
        summary = read_json(join_uri(args.matched, "summary.json"))
        groups = read_checked(spark, join_uri(args.matched, "groups"), GROUPS)
        matches = read_checked(spark, join_uri(args.matched, "matches"), MATCHES)
        encoded = read_checked(spark, join_uri(args.encoded, "listings"), ENCODED, SHOWN)
        quarantine = read_checked(spark, join_uri(args.encoded, "quarantine"), QUARANTINE)
        listings, metrics = read_catalogue(spark, args, settings.listings.format) if args.listings else (None, None)
    with stages("sort"):
        run = Run(groups, matches, encoded, quarantine, listings, summary, metrics)
        told = tell_groups(run, settings.report.border_pairs)
    with stages("thumbnails"):
        photos = show_photos(args.images, told.photos, args.output, settings)
    with stages("write"):
        first = write_site(args.output, told, photos, tell_overview(run, told))
    print(f"{len(told.groups)} groups, {len(photos.thumbs)} photos: {first}")


if __name__ == "__main__":
    run_job(main)
