"""Train a bundle on labelled catalogues or people's decisions, starting from kembar's own bundle or from scratch.

spark-submit jobs/train.py --listings train.csv --images DIR --bundle DIR [--decisions decisions.csv] [--resume]
spark-submit jobs/train.py --matched DIR --decisions decisions.csv --bundle DIR
"""

from argparse import Namespace

from kembar.cli.dry_run import plan_train
from kembar.cli.job import Stages, end_dry_run, job_parser, run_job, say_next
from kembar.config import LEVELS, Settings, settings_from
from kembar.listings.decisions import read_decisions
from kembar.model import Bundle, publish_bundle
from kembar.session import get_session
from kembar.stages import training_sources as stage
from kembar.storage.output_folder import output_folder
from kembar.training.card import describe_gains, finish_bundle
from kembar.training.fit_deciders import Figure, fit_deciders
from kembar.training.review import Gain, fit_answers, read_pairs
from kembar.training.start import base_bundle, check_places, check_sources, levels_of
from kembar.training.work_folder import open_work

Learnt = tuple[Bundle, list[Figure], Gain | None]


def main() -> None:
    parser = job_parser(__doc__, bundle="folder for the bundle")
    parser.add_argument("--listings", metavar="PATH", action="append", default=[], help="a catalogue, or several")
    parser.add_argument("--images", metavar="DIR", action="append", default=[], help="its photos, in the same order")
    parser.add_argument("--level", action="append", choices=LEVELS, help="the level of its labels (default: product)")
    parser.add_argument("--decisions", metavar="FILE", help="labelled pairs, or decisions.csv from a review")
    parser.add_argument("--matched", metavar="DIR", help="the match run that was reviewed, instead of catalogues")
    parser.add_argument("--work", metavar="DIR", help="folder for checkpoints and logs (default: BUNDLE.training)")
    parser.add_argument("--resume", action="store_true", help="continue from the last checkpoint in the work folder")
    args = parser.parse_args()
    check_sources(args, base := base_bundle(settings := settings_from(args)))
    check_places(args, settings)
    end_dry_run(args, plan_train, base is not None, settings.listings)
    with output_folder(args.bundle, "train") as folder:
        fitted, figures, gain = (from_review if args.matched else from_catalogues)(args, settings, base)
        with Stages("train", None, settings.logging.format)("save"):
            publish_bundle(folder, *finish_bundle(fitted, figures, settings, gain))
    done = f"{describe_gains(figures, gain)}: {args.bundle}"
    say_next(done, "encode", bundle=args.bundle, listings="test.csv", images="DIR", output="encoded")


def from_review(args: Namespace, settings: Settings, base: Bundle) -> Learnt:
    """Fit the base bundle to the decisions about the pairs of a match run."""
    decisions = read_decisions(args.decisions)
    stages = Stages("train", spark := get_session("kembar train"), settings.logging.format)
    with stages("read"):
        pairs = read_pairs(decisions, stage.read_decided(spark, args.matched, decisions))
    with stages("decide"):
        fitted, gain = fit_answers(base, pairs, stage.sample_pairs(spark, args.matched))
    return fitted, [], gain


def from_catalogues(args: Namespace, settings: Settings, base: Bundle | None) -> Learnt:
    """Fit a bundle to labelled catalogues, and to decisions about their listings if there are any."""
    decisions = read_decisions(args.decisions) if args.decisions else None
    with open_work(args, settings) as work:
        stages = Stages("train", spark := get_session("kembar train"), settings.logging.format)
        with stages("encode"):
            named = enumerate(zip(args.listings, args.images, levels_of(args), strict=True))
            sources = [stage.encode_source(spark, *each, work, n, base, decisions is None) for n, each in named]
        with stages("train"):
            start, judged = stage.judge_sources(spark, sources, work, base, args.resume)
    with stages("decide"):
        catalogues = [stage.label_catalogue(spark, *each, settings) for each in judged]
        labelled, answers = stage.choose_labels(sources, catalogues, decisions)
        fitted, figures = fit_deciders(labelled, start, settings, from_base=base is not None)
        gain = None
        if answers is not None:
            fitted, gain = fit_answers(fitted, *stage.decided_pairs(sources, catalogues, answers, fitted, settings))
    return fitted, figures, gain


if __name__ == "__main__":
    run_job(main)
