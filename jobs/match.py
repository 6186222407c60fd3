"""Match an encoded catalogue: propose candidate pairs by blocking, score them, group them.

spark-submit jobs/match.py --encoded DIR --output DIR [--bundle DIR]
"""

from kembar.blocking import count_by_source, propose_pairs
from kembar.bundle import load_bundle
from kembar.config import settings_from
from kembar.grouping import Clusterer, best_neighbours, connected_components, group_rows
from kembar.jobs import Stages, job_parser, run_job
from kembar.matches import name_matches, summarise
from kembar.schemas import ENCODED, GROUPS, MATCHES, QUARANTINE
from kembar.session import get_session
from kembar.storage import (
    delete,
    join_uri,
    read_table,
    require_finished,
    rewrite_table,
    write_bytes,
    write_json,
    write_table,
)
from kembar.submission import groups_table, submission_csv
from udfs.match import block_listings, cluster_components, index_catalogue, score_pairs, ship_index


def main() -> None:
    parser = job_parser(
        __doc__,
        encoded="the folder that jobs/encode.py wrote",
        output="folder for submission.csv, matches/, groups/ and summary.json",
    )
    parser.add_argument("--bundle", metavar="PATH", help="the bundle it was encoded with; kembar's own if left out")
    args = parser.parse_args()
    settings, bundle = settings_from(args), load_bundle(args.bundle)
    require_finished(args.encoded, bundle.encoder_fingerprint)
    thresholds = bundle.thresholds.overridden(settings.grouping)

    spark, stages = get_session("kembar match"), Stages()
    partitions = 2 * spark.sparkContext.defaultParallelism
    summary, submission, work = (join_uri(args.output, n) for n in ("summary.json", "submission.csv", "_work"))
    delete(summary, submission)
    with stages("index"):
        encoded = read_table(spark, join_uri(args.encoded, "listings"), ENCODED)
        quarantine = read_table(spark, join_uri(args.encoded, "quarantine"), QUARANTINE)
        index, posting_ids = index_catalogue(encoded)
        name = ship_index(spark, index)
    with stages("block"):
        blocks = rewrite_table(
            block_listings(spark, name, len(index), settings.blocking, partitions), join_uri(work, "blocks")
        )
        pairs = rewrite_table(propose_pairs(blocks, settings.blocking), join_uri(work, "pairs"))
    with stages("score"):
        scored = rewrite_table(score_pairs(pairs, name, bundle.discriminator), join_uri(work, "scored"))
    with stages("group"):
        sure = scored.where(scored.probability >= thresholds.match)
        components = connected_components(sure, settings.grouping.driver_edges, join_uri(work, "components"))
        clusterer = Clusterer.of(bundle.discriminator, thresholds.match, settings.grouping)
        clusters = cluster_components(components, name, clusterer, partitions)
        found = clusters.toArrow(), best_neighbours(scored).toArrow()
        labels = group_rows(len(index), *found, thresholds.lone, settings.grouping.max_group)
    with stages("write"):
        write_table(
            name_matches(scored, posting_ids, settings.scoring.keep_probability),
            join_uri(args.output, "matches"),
            MATCHES,
        )
        write_table(spark.createDataFrame(groups_table(posting_ids, labels)), join_uri(args.output, "groups"), GROUPS)
        quarantined = quarantine.select("posting_id").dropna().toArrow()["posting_id"].to_pylist()
        write_bytes(submission, submission_csv(posting_ids, labels, quarantined))
    by_source, opened = count_by_source(pairs), blocks.select("block").distinct().count()
    counts = summarise(labels, scored.count(), by_source, opened, quarantine.count())
    delete(work)
    write_json(summary, {**counts, "thresholds": vars(thresholds), "seconds": stages.seconds})
    print(f"{counts['listings']} listings, {counts['groups']} groups, {counts['matches']} matches: {args.output}")


if __name__ == "__main__":
    run_job(main)
