"""Make a report on a run: a folder of web pages where you review groups and pairs and mark mistakes.

spark-submit jobs/report.py --matched DIR --encoded DIR --images DIR --output DIR [--listings train.csv]
"""

from kembar.cli.dry_run import plan_report
from kembar.cli.job import Stages, check_inputs, describe_run, end_dry_run, job_parser, run_job
from kembar.config import settings_from
from kembar.encoding.find_photo_folder import require_photo_folder
from kembar.encoding.provenance import check_run
from kembar.report import Run, collect_groups, read_titles, show_photos, summarise_overview, write_report
from kembar.schemas import ENCODED, GROUPS, MATCHES, QUARANTINE
from kembar.scoring.summary import read_summary
from kembar.session import get_session
from kembar.storage.files import join_uri, require
from kembar.storage.output_folder import output_folder
from kembar.storage.tables import collect_table

SHOWN = ["posting_id", "phash", "terms", "failures"]
INPUTS = ("matched", "encoded", "images", "listings")


def main() -> None:
    parser = job_parser(
        __doc__,
        matched="the folder that jobs/match.py wrote",
        encoded="the folder that jobs/encode.py wrote and jobs/match.py read",
        images="the folder with the photos; the column image has their names",
        output="folder for the report; open its index.html",
    )
    parser.add_argument(
        "--listings",
        metavar="PATH",
        help="the catalogue that was encoded. It has the titles, the names of the photos and perhaps labels. Without "
        "it the report shows normalised words as titles, and no photos",
    )
    args = parser.parse_args()
    settings = settings_from(args)
    summary = read_summary(args.matched)
    require_photo_folder(args.images)
    if args.listings:
        require(args.listings, "listings")
    check_inputs(args, "report", *INPUTS)
    check_run(args.matched, args.encoded, args.images, settings.encode)
    end_dry_run(args, plan_report, settings.listings)

    with output_folder(args.output, "report") as folder:
        stages = Stages("report", spark := get_session("kembar report"), settings.logging.format)
        with stages("read"):
            groups = collect_table(spark, join_uri(args.matched, "groups"), GROUPS)
            matches = collect_table(spark, join_uri(args.matched, "matches"), MATCHES)
            encoded = collect_table(spark, join_uri(args.encoded, "listings"), ENCODED, SHOWN)
            quarantine = collect_table(spark, join_uri(args.encoded, "quarantine"), QUARANTINE)
            listings, metrics = read_titles(spark, args.listings, settings.listings, args.matched)
        with stages("sort"):
            run = Run(groups, matches, encoded, quarantine, listings, summary, metrics)
            told = collect_groups(run, settings.report.border_pairs)
        with stages("thumbnails"):
            photos = show_photos(args.images, told.photos, folder, settings)
        with stages("write"):
            inputs = {name: getattr(args, name) for name in INPUTS if getattr(args, name)}
            facts = describe_run(settings, **inputs) | {"seconds": stages.seconds}
            first = write_report(folder, told, photos, summarise_overview(run, told), facts)
    print(f"{len(told.groups)} groups, {len(photos.thumbs)} photos: {first}")


if __name__ == "__main__":
    run_job(main)
