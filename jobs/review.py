"""Choose the pairs that help training most, for people to decide.

spark-submit jobs/review.py --matched DIR --output questions.csv [--count 500] [--decisions decisions.csv]

Write same or different into the column decision. To see photos while you decide, use the report. Then run
  spark-submit jobs/train.py --matched DIR --decisions questions.csv --bundle mine/
"""

from pyspark.sql import functions as F

from kembar.cli.dry_run import plan_review
from kembar.cli.job import Stages, end_dry_run, job_parser, run_job, say_next
from kembar.config import settings_from
from kembar.listings.decisions import read_decisions
from kembar.model.bundle_files import load_bundle
from kembar.schemas import MATCHES
from kembar.session import get_session
from kembar.storage.files import join_uri, require
from kembar.storage.ownership import check_output_file
from kembar.storage.tables import read_table
from kembar.training.review import are_unanswered, choose_questions, write_questions
from kembar.training.review.ask import POOL


def main() -> None:
    parser = job_parser(
        __doc__, matched="the folder that jobs/match.py wrote", output="where to write the pairs as a CSV file"
    )
    parser.add_argument("--bundle", metavar="PATH", help="the bundle that match used (default: kembar's own)")
    parser.add_argument("--count", type=int, default=500, metavar="N", help="the most pairs to choose (default: 500)")
    parser.add_argument("--decisions", metavar="FILE", help="earlier decisions; the job skips these pairs")
    args = parser.parse_args()
    settings, bundle = settings_from(args), load_bundle(args.bundle)
    decisions = read_decisions(args.decisions) if args.decisions else None
    require(join_uri(args.matched, "matches"), "the table of a finished match run")
    inputs = {"matched": args.matched, "bundle": args.bundle, "decisions": args.decisions}
    check_output_file(args.output, "unanswered questions", are_unanswered, **inputs)
    end_dry_run(args, plan_review, len(decisions) if decisions else 0)

    spark = get_session("kembar review")
    stages = Stages("review", spark, settings.logging.format)
    with stages("read"):
        matches = read_table(spark, join_uri(args.matched, "matches"), MATCHES)
        doubt = F.abs(F.col("probability") - 0.5)
        doubtful = matches.orderBy(doubt, "posting_id_l", "posting_id_r").limit(POOL).toArrow()
    with stages("choose"):
        questions = choose_questions(bundle, doubtful, args.count, decisions)
        write_questions(questions, args.output)
    done = f"{len(questions)} pairs to decide; fill in the column decision: {args.output}"
    say_next(done, "train", matched=args.matched, decisions=args.output, bundle="mine")


if __name__ == "__main__":
    run_job(main)
