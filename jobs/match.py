"""Match an encoded catalogue: propose candidate pairs by blocking, score them, group them.

spark-submit jobs/match.py --encoded DIR --output DIR [--bundle DIR] [--previous DIR]

With --previous only new and changed listings look for pairs, and groups keep the ids that they had there.
"""

from kembar.blocking import Blocking
from kembar.bundle import load_bundle
from kembar.carried import pairs_fingerprint, plan_carrying, read_last_run
from kembar.catalogue import has_titles
from kembar.config import settings_from
from kembar.decisions import read_decisions
from kembar.grouping import place_links
from kembar.jobs import Stages, describe_run, job_parser, run_job
from kembar.matches import count_by_source, summarise
from kembar.outcome import Outcome
from kembar.runs import output_folder
from kembar.schemas import ENCODED, MATCHES, QUARANTINE
from kembar.session import get_session
from kembar.storage import as_json, join_uri, read_table, require_finished, rewrite_table, write_table
from udfs.catalogue import index_catalogue, read_contents
from udfs.group import Grouper
from udfs.match import list_candidates, name_matches, score_pairs, ship_catalogue, ship_lists


def main() -> None:
    parser = job_parser(
        __doc__,
        encoded="the folder that jobs/encode.py wrote",
        output="folder for submission.csv, matches/, groups/, changes/ and summary.json",
    )
    parser.add_argument("--bundle", metavar="PATH", help="the bundle it was encoded with; kembar's own if left out")
    parser.add_argument("--previous", metavar="DIR", help="the last run's output, which may be this one's too")
    parser.add_argument("--decisions", metavar="FILE", help="decisions.csv of a review, which groups then obey")
    args = parser.parse_args()
    settings, bundle = settings_from(args), load_bundle(args.bundle)
    require_finished(args.encoded, bundle.encoder_fingerprint)
    last = read_last_run(args.previous) if args.previous else None
    decisions = read_decisions(args.decisions) if args.decisions else None

    with output_folder(args.output, "match") as folder:
        spark, stages = get_session("kembar match"), Stages()
        with stages("index"):
            encoded = read_table(spark, join_uri(args.encoded, "listings"), ENCODED)
            quarantine = read_table(spark, join_uri(args.encoded, "quarantine"), QUARANTINE)
            codes, posting_ids = index_catalogue(encoded, folder.staged("hashed"))
            contents = read_contents(join_uri(args.encoded, "listings"), posting_ids)
            index = codes.centred()
            decider = bundle.decider_for(has_titles(index))
            thresholds, model = decider.thresholds.overridden(settings.grouping), decider.discriminator
        with stages("block"):
            blocking = Blocking.build(index, settings.blocking)
            catalogue = ship_catalogue(spark, blocking, posting_ids)
        with stages("score"):
            pairs_by = pairs_fingerprint(bundle, model, settings.blocking)
            carried = plan_carrying(last, contents, pairs_by, settings.blocking.refresh_share, stages.tell)
            lists = rewrite_table(list_candidates(spark, catalogue, model, carried), folder.staged("lists"))
            shipped = ship_lists(spark, folder.staged("lists"), len(index))
            scored = score_pairs(lists, shipped, model).select("row_l", "row_r", "probability", "blocks")
            scored = rewrite_table(scored, folder.staged("scored"))
        with stages("group"):
            group = Grouper(model, thresholds, settings.grouping, place_links(decisions, posting_ids))
            labels = group(scored, catalogue, shipped, folder.staged("components"))
        with stages("write"):
            matches = name_matches(lists, shipped, model, catalogue, settings.scoring.keep_probability)
            write_table(matches, folder.staged("matches"), MATCHES)
            outcome = Outcome(contents, labels, quarantine, last, carried)
            tables = outcome.write(folder)
        counts = summarise(labels, scored.count(), count_by_source(scored), blocking.counts(), quarantine.count())
        counts |= {**outcome.counts(), "decisions": group.links.counts()}
        summary = {**counts, "thresholds": vars(thresholds), "seconds": stages.seconds}
        facts = {"pairs_by": pairs_by, **outcome.facts(), "counts": counts, "seconds": stages.seconds}
        files = {"submission.csv": outcome.submission(), "summary.json": as_json(summary)}
        folder.publish(tables, files, facts | describe_run(settings, encoded=args.encoded))
    print(f"{counts['listings']} listings, {counts['groups']} groups, {counts['matches']} matches: {args.output}")


if __name__ == "__main__":
    run_job(main)
