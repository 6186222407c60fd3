"""Match an encoded catalogue: propose candidate pairs, score them and group the listings.

spark-submit jobs/match.py --encoded DIR --output DIR [--bundle DIR] [--previous DIR] [--decisions decisions.csv]
"""

from kembar.blocking import Blocking
from kembar.cli.dry_run import plan_match
from kembar.cli.job import Stages, check_inputs, describe_run, end_dry_run, job_parser, run_job, say_next
from kembar.clustering import place_links
from kembar.config import settings_from
from kembar.incremental import reusable_pairs as reuse
from kembar.incremental.drift import profile_run
from kembar.incremental.outcome import Outcome
from kembar.index.catalogue_index import has_titles
from kembar.listings.decisions import read_decisions
from kembar.listings.nothing_to_do import require_listings
from kembar.model import load_bundle, require_finished
from kembar.scoring import count_pairs, summarise
from kembar.session import get_session
from kembar.stages.find_candidates import list_candidates, score_pairs, ship_lists
from kembar.stages.group_listings import Grouper
from kembar.stages.index_catalogue import read_encoded
from kembar.stages.ship_catalogue import ship_catalogue
from kembar.stages.warm_up_workers import prepare_workers
from kembar.storage.output_folder import output_folder


def main() -> None:
    parser = job_parser(
        __doc__,
        encoded="the folder that jobs/encode.py wrote",
        output="folder for submission.csv, matches/, groups/, changes/ and summary.json",
    )
    parser.add_argument("--bundle", metavar="PATH", help="the bundle that encode used (default: kembar's own)")
    parser.add_argument("--previous", metavar="DIR", help="the last run: compare only new listings, keep group ids")
    parser.add_argument("--decisions", metavar="FILE", help="decisions.csv from a review; match applies it exactly")
    args = parser.parse_args()
    settings, bundle = settings_from(args), load_bundle(args.bundle)
    encoder = str(require_listings(args.encoded, require_finished(args.encoded, bundle.encoder_fingerprint))["encoder"])
    last, decisions = reuse.read_last_run(args.previous), read_decisions(args.decisions) if args.decisions else None
    check_inputs(args, "match", "encoded", "previous", "bundle", "decisions")
    end_dry_run(args, plan_match)

    with output_folder(args.output, "match") as folder:
        stages = Stages("match", spark := get_session("kembar match"), settings.logging.format)
        prepare_workers(spark, folder)
        with stages("index"):
            catalogue = read_encoded(spark, args.encoded, encoder, folder.staged("hashed"), last, bundle.blends)
            model, thresholds = bundle.decision_for(has_titles(index := catalogue.index), settings.grouping)
        with stages("block"):
            blocking = Blocking.build(index, settings.blocking)
            shipped = ship_catalogue(spark, blocking, catalogue.posting_ids)
        with stages("score"):
            pairs_by = reuse.pairs_fingerprint(encoder, model, settings.blocking, index)
            reusable = reuse.plan_reuse(last, catalogue.contents, pairs_by, settings.blocking.refresh_share, stages.log)
            lists = list_candidates(spark, shipped, model, reusable, folder)
            others = ship_lists(spark, lists, len(index))
            least, borderlines = settings.scoring.keep_probability, (thresholds.match, thresholds.lone)
            scored, matches = score_pairs(spark, lists, others, model, shipped, folder, least, borderlines)
        with stages("group"):
            groups_by = reuse.groups_fingerprint(pairs_by, model, thresholds, settings.grouping, decisions)
            links = place_links(decisions, catalogue.posting_ids)
            unchanged = reuse.reuse_clusters(last, reusable, groups_by, others.best)
            order = index.draw(settings.blocking.seed)
            group = Grouper(model, thresholds, settings.grouping, links, order, unchanged)
            grouping = group(scored, shipped, others, folder.staged("components"))
        with stages("write"):
            profile = profile_run(index, grouping.labels, matches, thresholds.match, quarantine := catalogue.quarantine)
            outcome = Outcome(catalogue.contents, grouping, quarantine, profile, last, reusable)
            tables = outcome.write(folder, stages.log)
        counts = summarise(grouping.labels, *count_pairs(scored), blocking.counts(), quarantine.count())
        counts["decisions"], told = links.counts(), describe_run(settings, encoded=args.encoded)
        made_by = {"encoder": encoder, "pairs_by": pairs_by, "groups_by": groups_by, "thresholds": vars(thresholds)}
        outcome.publish(folder, tables, counts, seconds=stages.seconds, **made_by, **told)
    done = "{listings} listings, {groups} groups, {matches} matches: ".format(**counts) + args.output
    say_next(done, "report", matched=args.output, encoded=args.encoded, images="DIR", output="report")


if __name__ == "__main__":
    run_job(main)
