"""Encode a catalogue: photos and titles to compact codes, once per listing.

spark-submit jobs/encode.py --listings test.csv --images DIR --output DIR [--bundle DIR]
"""

from kembar.bundle import load_bundle, trusted_text_tower
from kembar.config import settings_from
from kembar.jobs import Stages, job_parser, run_job
from kembar.listings import read_listings, validate_listings
from kembar.schemas import ENCODED, LISTINGS, QUARANTINE, conform
from kembar.session import get_session
from kembar.storage import MANIFEST, delete, join_uri, require, require_images, spark_path, write_json, write_table
from udfs.encode import encode_listings, split_encoded


def main() -> None:
    parser = job_parser(
        __doc__,
        listings="the catalogue: CSV or Parquet with posting_id, image, title and optionally image_phash, label_group",
        images="the folder of the photos that the column image names",
        output="folder for listings/ (the codes), quarantine/ and manifest.json",
    )
    parser.add_argument("--bundle", metavar="PATH", help="a trained bundle; the one shipped with kembar if left out")
    args = parser.parse_args()
    settings = settings_from(args)
    bundle = load_bundle(args.bundle)
    trusted_text_tower(bundle, settings)  # before anything is written
    require(args.listings, "listings")
    require_images(args.images)

    spark, stages = get_session("kembar encode"), Stages()
    delete(join_uri(args.output, MANIFEST))
    staged = join_uri(args.output, "_staging")
    with stages("read"):
        listings, rejected = validate_listings(read_listings(spark, args.listings, settings.listings.format))
        listings = conform(listings, LISTINGS, "listings").persist()
        counts = {"usable_rows": listings.count()}
    with stages("encode"):
        encoded = encode_listings(listings, args.images, settings, bundle)
        encoded.write.mode("overwrite").parquet(spark_path(staged))
    with stages("write"):
        encoded, blind = split_encoded(spark.read.parquet(spark_path(staged)))
        write_table(encoded, join_uri(args.output, "listings"), ENCODED)
        write_table(rejected.union(blind), join_uri(args.output, "quarantine"), QUARANTINE)
        delete(staged)
    counts |= {
        name: spark.read.parquet(spark_path(join_uri(args.output, name))).count() for name in ("listings", "quarantine")
    }
    encoder = bundle.fingerprint_at(settings.image_tower.precision)
    manifest = {"encoder": encoder, "counts": counts, "seconds": stages.seconds}
    write_json(join_uri(args.output, MANIFEST), manifest)
    print(f"encoded {counts['listings']} listings, quarantined {counts['quarantine']}: {args.output}")


if __name__ == "__main__":
    run_job(main)
