"""Build product triplets (anchor, match, non-match) from a labelled catalogue.

spark-submit jobs/triplets.py --listings train.csv --images DIR --output DIR
"""

from kembar.cli.dry_run import plan_triplets
from kembar.cli.job import Stages, check_inputs, describe_run, end_dry_run, job_parser, run_job, say_next
from kembar.config import settings_from
from kembar.encoding.find_photo_folder import require_photo_folder
from kembar.listings.nothing_to_do import require_products, require_triplets, require_usable
from kembar.listings.validation import read_listings, validate_listings
from kembar.schemas import QUARANTINE, TRIPLETS
from kembar.session import get_session
from kembar.stages.check_cluster import check_sight
from kembar.stages.check_photos import check_photos, draw_names, find_photos
from kembar.stages.encode_listings import encode_listings, split_encoded
from kembar.stages.index_catalogue import index_catalogue
from kembar.stages.mine_pairs import mine_pairs, name_pairs
from kembar.storage.files import require
from kembar.storage.output_folder import output_folder
from kembar.storage.table_parts import NewTable
from kembar.storage.tables import list_parts, read_table, rewrite_table, write_table
from kembar.training.fit_heads import first_heads
from kembar.training.triplets import build_triplets, count_triplets


def main() -> None:
    parser = job_parser(
        __doc__,
        listings="the labelled catalogue: CSV or Parquet with posting_id, image, title, label_group",
        images="the folder with the photos; the column image has their names",
        output="folder for triplets/, quarantine/ and manifest.json",
    )
    args = parser.parse_args()
    settings = settings_from(args)
    require(args.listings, "listings")
    require_photo_folder(args.images)
    check_inputs(args, "triplets", "listings", "images")
    end_dry_run(args, plan_triplets, settings.listings)

    with output_folder(args.output, "triplets") as folder:
        spark = get_session("kembar triplets")
        stages = Stages("triplets", spark, settings.logging.format)
        with stages("encode"):
            good, rejected = validate_listings(read_listings(spark, args.listings, settings.listings))
            listings = good.persist()
            require_usable(listings.count(), rejected, args.listings)
            require_products(listings, args.listings)
            photos = find_photos(args.images, listings, settings.encode, stages.log, names := draw_names(listings))
            check_sight(spark, folder, photos, names)
            staged = rewrite_table(encode_listings(listings, photos, settings, None), codes := folder.staged("codes"))
            named = listings.where("image is not null").count()
            stages.log(str(check_photos(named, list_parts(codes), photos, settings.encode)))
            encoded, blind = split_encoded(staged)
        with stages("mine"):
            towers, posting_ids = index_catalogue(encoded, folder.staged("hashed"))
            heads = first_heads(towers, settings)
            pairs = mine_pairs(spark, towers.projected(heads.image, heads.title), settings.blocking)
        with stages("write"):
            triplets = build_triplets(listings, name_pairs(pairs, posting_ids), settings.triplets)
            tables = {name: NewTable([folder.staged(name)]) for name in ("triplets", "quarantine")}
            write_table(triplets, folder.staged("triplets"), TRIPLETS)
            write_table(rejected.union(blind), folder.staged("quarantine"), QUARANTINE)
            by_kind = count_triplets(read_table(spark, folder.staged("triplets"), TRIPLETS))
            require_triplets(sum(by_kind.values()), args.listings)
        facts = {"triplets": by_kind, "seconds": stages.seconds}
        folder.publish(tables, {}, facts | describe_run(settings, listings=args.listings, images=args.images))
    done = f"{sum(by_kind.values())} triplets: {args.output}"
    say_next(done, "train", listings=args.listings, images=args.images, bundle="mine")


if __name__ == "__main__":
    run_job(main)
