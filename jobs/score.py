"""Score pairs of an encoded catalogue: how likely is it that two listings sell the same product, and why.

spark-submit jobs/score.py --encoded DIR --pairs pairs.csv --output scores.csv [--bundle DIR]

The file of pairs has the columns posting_id_l and posting_id_r. The scores keep its rows and their order.
"""

import posixpath
from uuid import uuid4

from kembar.cli.dry_run import plan_score
from kembar.cli.job import Stages, end_dry_run, job_parser, run_job
from kembar.config import settings_from
from kembar.index.catalogue_index import has_titles
from kembar.index.query_expansion import comparable
from kembar.listings.nothing_to_do import require_listings
from kembar.listings.pair_files import read_pairs
from kembar.model import load_bundle, require_finished
from kembar.schemas import ENCODED
from kembar.scoring.listed import add_differences, are_scores, score_listed, scores_csv
from kembar.session import get_session
from kembar.stages.best_candidates import with_best_candidates
from kembar.stages.index_catalogue import index_catalogue, read_attributes
from kembar.storage.files import join_uri, write_bytes
from kembar.storage.ownership import check_output_file
from kembar.storage.tables import read_table


def main() -> None:
    parser = job_parser(
        __doc__,
        encoded="the folder that jobs/encode.py wrote",
        pairs="the pairs: CSV with posting_id_l and posting_id_r",
        output="where to write the scores as a CSV file",
    )
    parser.add_argument("--bundle", metavar="PATH", help="the bundle that encode used (default: kembar's own)")
    args = parser.parse_args()
    settings, bundle = settings_from(args), load_bundle(args.bundle)
    require_listings(args.encoded, require_finished(args.encoded, bundle.encoder_fingerprint))
    pairs = read_pairs(args.pairs)
    inputs = {"encoded": args.encoded, "pairs": args.pairs, "bundle": args.bundle}
    check_output_file(args.output, "earlier scores", are_scores, **inputs)
    end_dry_run(args, plan_score, len(pairs))

    stages = Stages("score", spark := get_session("kembar score"), settings.logging.format)
    with stages("index"):
        listings = join_uri(args.encoded, "listings")
        hashed = join_uri(posixpath.dirname(args.output), f"_hashed-{uuid4().hex}")
        index, posting_ids = index_catalogue(read_table(spark, listings, ENCODED), hashed)
        index = comparable(index, bundle.blends)
        model = bundle.decider_for(has_titles(index), settings.grouping.level).discriminator
    with stages("score"):
        index = with_best_candidates(spark, index, model, settings.blocking)
        scored = score_listed(index, posting_ids, model, pairs)
        write_bytes(args.output, scores_csv(add_differences(scored, read_attributes(listings, pairs))))
    unscored = scored["probability"].null_count
    print(f"{len(scored) - unscored:,} pairs scored, {unscored:,} without a listing: {args.output}")


if __name__ == "__main__":
    run_job(main)
