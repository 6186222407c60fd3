"""Match an encoded catalogue: propose candidate pairs by blocking, score them, group them.

spark-submit jobs/match.py --encoded DIR --output DIR [--bundle DIR]
"""

from kembar import storage
from kembar.blocking import Blocking
from kembar.bundle import load_bundle
from kembar.catalogue import has_titles
from kembar.config import settings_from
from kembar.grouping import Clusterer, best_neighbours, connected_components, group_rows
from kembar.jobs import Stages, job_parser, run_job
from kembar.matches import count_by_source, summarise
from kembar.schemas import ENCODED, GROUPS, MATCHES, QUARANTINE
from kembar.session import get_session
from kembar.storage import join_uri
from kembar.submission import groups_table, quarantined_ids, submission_csv
from udfs.catalogue import index_catalogue
from udfs.match import cluster_components, list_candidates, name_matches, score_pairs, ship_catalogue, ship_lists


def main() -> None:
    parser = job_parser(
        __doc__,
        encoded="the folder that jobs/encode.py wrote",
        output="folder for submission.csv, matches/, groups/ and summary.json",
    )
    parser.add_argument("--bundle", metavar="PATH", help="the bundle it was encoded with; kembar's own if left out")
    args = parser.parse_args()
    settings, bundle = settings_from(args), load_bundle(args.bundle)
    storage.require_finished(args.encoded, bundle.encoder_fingerprint)

    spark, stages = get_session("kembar match"), Stages()
    summary, submission, work = (join_uri(args.output, n) for n in ("summary.json", "submission.csv", "_work"))
    storage.delete(summary, submission)
    with stages("index"):
        encoded = storage.read_table(spark, join_uri(args.encoded, "listings"), ENCODED)
        quarantine = storage.read_table(spark, join_uri(args.encoded, "quarantine"), QUARANTINE)
        codes, posting_ids = index_catalogue(encoded, join_uri(work, "hashed"))
        index = codes.centred()
        decider = bundle.decider_for(has_titles(index))
        thresholds, model = decider.thresholds.overridden(settings.grouping), decider.discriminator
    with stages("block"):
        blocking = Blocking.build(index, settings.blocking)
        catalogue = ship_catalogue(spark, blocking, posting_ids)
    with stages("score"):
        lists = storage.rewrite_table(list_candidates(spark, catalogue, model), join_uri(work, "lists"))
        shipped = ship_lists(spark, join_uri(work, "lists"), len(index))
        scored = score_pairs(lists, shipped, model).select("row_l", "row_r", "probability", "blocks")
        scored = storage.rewrite_table(scored, join_uri(work, "scored"))
    with stages("group"):
        sure, likely = (scored.where(scored.probability >= p) for p in (thresholds.match, thresholds.lone))
        components = connected_components(sure, settings.grouping, join_uri(work, "components"))
        clusterer = Clusterer(model, thresholds.match, settings.grouping.max_group)
        clusters = cluster_components(components, catalogue, shipped, clusterer)
        labels = group_rows(len(index), clusters, best_neighbours(likely), thresholds.lone, clusterer.max_group)
    with stages("write"):
        matches = name_matches(lists, shipped, model, catalogue, settings.scoring.keep_probability)
        storage.write_table(matches, join_uri(args.output, "matches"), MATCHES)
        storage.write_table(
            spark.createDataFrame(groups_table(posting_ids, labels)), join_uri(args.output, "groups"), GROUPS
        )
        storage.write_bytes(submission, submission_csv(posting_ids, labels, quarantined_ids(quarantine)))
    counts = summarise(labels, scored.count(), count_by_source(scored), blocking.counts(), quarantine.count())
    storage.write_json(summary, {**counts, "thresholds": vars(thresholds), "seconds": stages.seconds})
    storage.delete(work)
    print(f"{counts['listings']} listings, {counts['groups']} groups, {counts['matches']} matches: {args.output}")


if __name__ == "__main__":
    run_job(main)
