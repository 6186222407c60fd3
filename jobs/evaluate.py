"""Evaluate a submission against labels: row-wise, pairwise and B-cubed scores, and the recall of blocking.

spark-submit jobs/evaluate.py --listings train.csv --submission DIR/submission.csv [--encoded DIR] [--output FILE]
spark-submit jobs/evaluate.py --pairs labelled.csv --scores scores.csv [--output FILE]

The second form evaluates scores of labelled pairs, from jobs/score.py or another tool.
"""

import posixpath
from argparse import Namespace
from uuid import uuid4

from kembar.cli.dry_run import plan_evaluate, plan_pairs
from kembar.cli.job import Stages, end_dry_run, job_parser, require_either, run_job
from kembar.config import settings_from
from kembar.evaluation import are_metrics, blocking_scores, evaluate, read_claims, read_truth
from kembar.evaluation.pair_scores import are_pair_metrics, evaluate_pairs, label_scores
from kembar.evaluation.table import print_metrics, print_pair_metrics
from kembar.index.query_expansion import comparable
from kembar.listings.decisions import read_decisions
from kembar.listings.submission import read_submission
from kembar.listings.validation import label_listings, read_listings
from kembar.schemas import ENCODED, MATCHES
from kembar.scoring.summary import least_kept
from kembar.session import get_session
from kembar.stages.index_catalogue import index_catalogue
from kembar.stages.mine_pairs import count_true_pairs, mine_pairs, place_pairs
from kembar.storage.files import MANIFEST, exists, join_uri, require, write_json
from kembar.storage.ownership import check_output_file
from kembar.storage.tables import read_table


def main() -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--listings", metavar="PATH", help="the labelled catalogue: CSV or Parquet with label_group")
    parser.add_argument("--submission", metavar="PATH", help="submission.csv of a tool: posting_id,matches")
    parser.add_argument("--pairs", metavar="PATH", help="labelled pairs: posting_id_l,posting_id_r,decision")
    parser.add_argument("--scores", metavar="PATH", help="their scores: posting_id_l,posting_id_r,probability")
    parser.add_argument(
        "--encoded",
        metavar="DIR",
        help="the folder that jobs/encode.py wrote; with it the job also measures blocking, by the candidate pairs in "
        "matches/ next to the submission, or by new ones if there is no matches/",
    )
    parser.add_argument("--output", metavar="FILE", help="where to write the scores as JSON")
    args = parser.parse_args()
    require_either(args, ("listings", "submission"), ("pairs", "scores"))
    (judge_pairs if args.pairs else judge_submission)(args)


def judge_submission(args: Namespace) -> None:
    """Evaluate a submission against the labels of a catalogue."""
    settings = settings_from(args)
    require(args.listings, "listings")
    submission = read_submission(args.submission)
    if args.encoded:
        require(join_uri(args.encoded, MANIFEST), "the manifest of a finished encode run")
    if args.output:
        inputs = {name: getattr(args, name) for name in ("listings", "submission", "encoded")}
        check_output_file(args.output, "earlier scores", are_metrics, **inputs)
    end_dry_run(args, plan_evaluate, len(submission), settings.listings)

    spark = get_session("kembar evaluate")
    stages = Stages("evaluate", spark, settings.logging.format)
    with stages("score"):
        truth = read_truth(label_listings(read_listings(spark, args.listings, settings.listings)).toArrow())
        metrics = evaluate(truth, read_claims(submission, truth))
    if args.encoded:
        with stages("block"):
            least, matched = 0.0, posixpath.dirname(args.submission)
            if exists(matches := join_uri(matched, "matches")):
                least = least_kept(matched)
                pairs, ids = place_pairs(read_table(spark, matches, MATCHES))
            else:  # another tool's submission: use the pairs that blocking would propose
                encoded = read_table(spark, join_uri(args.encoded, "listings"), ENCODED)
                index, ids = index_catalogue(encoded, join_uri(matched, f"_hashed-{uuid4().hex}"))
                pairs = mine_pairs(spark, comparable(index), settings.blocking)
            metrics["blocking"] = blocking_scores(truth, *count_true_pairs(pairs, ids, truth), least)
    if args.output:
        write_json(args.output, metrics)
    print_metrics(metrics)


def judge_pairs(args: Namespace) -> None:
    """Evaluate the scores of labelled pairs."""
    decisions = read_decisions(args.pairs)
    require(args.scores, "scores")
    if args.output:
        check_output_file(args.output, "earlier scores", are_pair_metrics, pairs=args.pairs, scores=args.scores)
    end_dry_run(args, plan_pairs, len(decisions))
    metrics = evaluate_pairs(*label_scores(decisions, args.scores))
    if args.output:
        write_json(args.output, metrics)
    print_pair_metrics(metrics)


if __name__ == "__main__":
    run_job(main)
