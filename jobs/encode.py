"""Encode a catalogue: turn photos and titles into compact codes, once for each listing.

spark-submit jobs/encode.py --listings test.csv --images DIR --output DIR [--bundle DIR]

The job skips listings that an earlier run already encoded into the output, even if that run was killed.
"""

from kembar.cli.dry_run import plan_encode
from kembar.cli.job import Stages, check_inputs, describe_run, end_dry_run, job_parser, run_job, say_next
from kembar.config import settings_from
from kembar.encoding.assembly import ENCODED_ARROW
from kembar.encoding.find_photo_folder import require_photo_folder
from kembar.incremental.encode_plan import describe_work, plan_increment
from kembar.listings.nothing_to_do import require_usable
from kembar.listings.validation import describe_repairs
from kembar.model import load_bundle, trusted_text_tower
from kembar.schemas import QUARANTINE
from kembar.session import get_session
from kembar.stages.check_photos import check_photos
from kembar.stages.encode_listings import stage_codes
from kembar.stages.read_with_photos import read_with_photos
from kembar.storage.files import join_uri, require
from kembar.storage.output_folder import output_folder
from kembar.storage.parts import PartFolder
from kembar.storage.table_parts import NewTable, check_row_counts
from kembar.storage.tables import part_rows, rewrite_table, write_table


def main() -> None:
    parser = job_parser(
        __doc__,
        listings="the catalogue: CSV or Parquet with posting_id, image, title and optionally image_phash, label_group",
        images="the folder with the photos; the column image has their names",
        output="folder for listings/ (the codes), quarantine/ and manifest.json",
    )
    parser.add_argument("--bundle", metavar="PATH", help="a trained bundle (default: the one shipped with kembar)")
    args = parser.parse_args()
    settings = settings_from(args)
    bundle = load_bundle(args.bundle)
    trusted_text_tower(bundle, settings)  # before anything is written
    encoder = bundle.fingerprint_at(settings.image_tower.precision)
    require(args.listings, "listings")
    require_photo_folder(args.images)
    check_inputs(args, "encode", "listings", "images", "bundle")
    end_dry_run(args, plan_encode, encoder, settings)

    with output_folder(args.output, "encode", keep_staged=True) as folder:
        spark = get_session("kembar encode")
        stages = Stages("encode", spark, settings.logging.format)
        published = join_uri(args.output, "listings")
        codes, blind, rest, quarantine = (folder.staged(n) for n in ("codes", "blind", "rest", "quarantine"))
        with stages("read"):
            read = read_with_photos(spark, args.listings, args.images, settings, folder, stages.log)
        with stages("compare"):
            plan = plan_increment(read.listings, folder.intact_parts("listings", "codes"), encoder)
            stages.log(describe_work(plan.changes, folder.before, encoder))
        with stages("encode"):
            made = PartFolder(codes, folder.run, ENCODED_ARROW, words=("encoder",))
            fresh = stage_codes(plan.fresh, plan.changes.to_encode, read.photos, settings, bundle, made)
            found = rewrite_table(fresh, blind)
        with stages("write"):
            write_table(read.rejected.union(found), quarantine, QUARANTINE)
            listings = plan.table(published, new := made.parts(), rest)
            tables = {"listings": listings, "quarantine": NewTable([quarantine])}
            written = {name: folder.rows(name, table) for name, table in tables.items()}
            check_row_counts("encode", read.rows, **written)
            require_usable(written["listings"], read.rejected.union(found), args.listings)
            used = check_photos(read.named, listings.parts_in(published), read.photos, settings.encode, found)
        counts = {**read.counts, "photo_failures": used.by_reason, **written, **vars(plan.changes)}
        counts["encoded"] = sum(map(part_rows, new))
        facts = {"encoder": encoder, "counts": counts, "repaired": read.repaired, "seconds": stages.seconds}
        facts |= {"photos": read.photos.folder, "photo_sizes": read.photo_sizes}
        folder.publish(tables, {}, facts | describe_run(settings, listings=args.listings, images=args.images))
    done = "encoded {listings} listings, {encoded} of them now, quarantined {quarantine}".format(**counts)
    done += describe_repairs(read.repaired) + used.closing(read.photos)
    say_next(f"{done}: {args.output}", "match", encoded=args.output, output="matched")


if __name__ == "__main__":
    run_job(main)
