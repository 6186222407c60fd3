"""Evaluate a submission against labels: row-wise, pairwise and B-cubed scores, and the recall of blocking.

spark-submit jobs/evaluate.py --listings train.csv --submission DIR/submission.csv [--encoded DIR] [--output FILE]
spark-submit jobs/evaluate.py --pairs labelled.csv --scores scores.csv [--output FILE]
"""

import posixpath
from argparse import Namespace

from kembar.cli.dry_run import plan_evaluate, plan_pairs
from kembar.cli.job import Stages, end_dry_run, job_parser, require_either, run_job
from kembar.config import settings_from
from kembar.evaluation import are_metrics, evaluate, read_claims, read_truth
from kembar.evaluation.pair_scores import are_pair_metrics, evaluate_pairs, label_scores
from kembar.evaluation.table import print_metrics, print_pair_metrics
from kembar.listings.decisions import read_decisions
from kembar.listings.submission import read_submission
from kembar.listings.validation import label_listings, read_listings
from kembar.session import get_session
from kembar.stages.judge_blocking import judge_blocking
from kembar.storage.files import MANIFEST, join_uri, require, write_json
from kembar.storage.ownership import check_output_file


def main() -> None:
    parser = job_parser(__doc__)
    parser.add_argument("--listings", metavar="PATH", help="the labelled catalogue: CSV or Parquet with label_group")
    parser.add_argument("--submission", metavar="PATH", help="submission.csv of a tool: posting_id,matches")
    parser.add_argument("--pairs", metavar="PATH", help="labelled pairs: posting_id_l,posting_id_r,decision")
    parser.add_argument("--scores", metavar="PATH", help="their scores: posting_id_l,posting_id_r,probability")
    parser.add_argument("--encoded", metavar="DIR", help="the encoded catalogue: measure the recall of blocking too")
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
            matched = posixpath.dirname(args.submission)
            metrics["blocking"] = judge_blocking(spark, args.encoded, matched, truth, settings.blocking)
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
