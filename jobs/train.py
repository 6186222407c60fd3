"""Train a bundle on a labelled catalogue: heads, discriminator and thresholds.

spark-submit jobs/train.py --listings train.csv --images DIR --bundle DIR [--resume]
"""

from pathlib import Path

from kembar.bundle import save_bundle
from kembar.config import settings_from
from kembar.jobs import Stages, job_parser, run_job
from kembar.listings import read_listings, validate_listings
from kembar.schemas import TRIPLETS
from kembar.session import get_session
from kembar.storage import require, require_images, rewrite_table, write_table
from kembar.towers.runtime import tensorflow
from kembar.training.heads import first_heads
from kembar.training.labels import labels_by_row
from kembar.training.work import TrainingWork
from kembar.triplets import build_triplets, split_groups
from udfs.encode import encode_listings, split_encoded
from udfs.match import index_catalogue
from udfs.mine import collect_rows, mine_pairs, name_pairs


def main() -> None:
    parser = job_parser(
        __doc__,
        listings="the labelled catalogue: CSV or Parquet with posting_id, image, title, label_group",
        images="the folder of the photos that the column image names",
        bundle="folder for the bundle",
    )
    parser.add_argument("--work", metavar="DIR", help="folder for checkpoints and logs; BUNDLE.training if left out")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in the work folder")
    args = parser.parse_args()
    settings = settings_from(args)
    require(args.listings, "listings")
    require_images(args.images)
    work = TrainingWork(Path(args.work or f"{args.bundle.rstrip('/')}.training"), args.listings, settings)
    work.open(args.resume)

    spark, stages = get_session("kembar train"), Stages()
    with stages("encode"):
        raw, _ = validate_listings(read_listings(spark, args.listings, settings.listings.format))
        listings = raw.persist()
        if not work.has("encoded"):
            rewrite_table(encode_listings(listings, args.images, settings, None), work.path("encoded"))
        encoded, _ = split_encoded(spark.read.parquet(work.path("encoded")))
        towers, posting_ids = index_catalogue(encoded)
    with stages("triplets"):
        if not work.has("triplets"):
            heads = first_heads(towers, settings)
            pairs = mine_pairs(spark, towers.projected(heads.image, heads.title), settings.blocking)
            triplets = build_triplets(listings, name_pairs(pairs, posting_ids), settings.triplets)
            write_table(triplets, work.path("triplets"), TRIPLETS)
    tensorflow()  # once Spark has encoded, so that the two do not hold their memory at once
    from kembar.training.fit import finish_bundle, fit_network, read_features

    with stages("train"):
        features = read_features(
            towers, posting_ids, listings.select("posting_id", "image").toArrow(), args.images, settings
        )
        trained = fit_network(features, work, args.resume)
    with stages("thresholds"):
        pairs = collect_rows(mine_pairs(spark, trained.codes, settings.blocking))
        labels = labels_by_row(split_groups(listings, settings.triplets).toArrow(), posting_ids)
        bundle, card = finish_bundle(trained, pairs, labels, args.listings, settings)
    save_bundle(bundle, args.bundle, card)
    print(f"held-out F1 {bundle.trained_on['group_f1']:.3f}: {args.bundle}")


if __name__ == "__main__":
    run_job(main)
