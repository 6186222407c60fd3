"""Train a bundle on labelled catalogues, from the bundle that ships with kembar or from scratch.

spark-submit jobs/train.py --listings train.csv --images DIR --bundle DIR [--resume]

Several catalogues are learnt from at once by naming --listings and --images once for each.
"""

from pathlib import Path

from kembar.bundle import save_bundle
from kembar.config import settings_from
from kembar.jobs import Stages, job_parser, run_job
from kembar.session import get_session
from kembar.storage import require, require_images
from kembar.towers.runtime import tensorflow
from kembar.training.card import describe_gains, finish_bundle
from kembar.training.deciders import fit_deciders
from kembar.training.start import base_bundle, pair_up
from kembar.training.work import TrainingWork
from udfs.sources import encode_source, label_catalogue, mine_source


def main() -> None:
    parser = job_parser(__doc__, bundle="folder for the bundle")
    parser.add_argument(
        "--listings",
        metavar="PATH",
        action="append",
        required=True,
        help="a labelled catalogue: CSV or Parquet with posting_id, image, title, label_group",
    )
    parser.add_argument(
        "--images", metavar="DIR", action="append", required=True, help="the folder of its photos, in the same order"
    )
    parser.add_argument("--work", metavar="DIR", help="folder for checkpoints and logs; BUNDLE.training if left out")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in the work folder")
    args = parser.parse_args()
    settings = settings_from(args)
    base = base_bundle(settings)
    for listings, images in pair_up(args.listings, args.images):
        require(listings, "listings")
        require_images(images)
    work = TrainingWork(Path(args.work or f"{args.bundle.rstrip('/')}.training"), args.listings + args.images, settings)
    work.open(args.resume)

    spark, stages = get_session("kembar train"), Stages()
    with stages("encode"):
        pairs = enumerate(pair_up(args.listings, args.images))
        sources = [encode_source(spark, *pair, work, number, base) for number, pair in pairs]
    if base is None:
        with stages("triplets"):
            labelled = [mine_source(spark, source, work, number) for number, source in enumerate(sources)]
        tensorflow()  # once Spark has encoded, so that the two do not hold their memory at once
        from kembar.training.fit import fit_heads

        with stages("train"):
            trained, views = fit_heads(labelled, work, args.resume)
        start = trained.bundle(settings)
        judged = [
            (source, view.trained.codes(told), view.judged(source.labels))
            for view in views
            for source, told in zip(sources, labelled, strict=True)
        ]
    else:
        start, judged = base, [(source, source.index.centred(), source.labels.fold) for source in sources]
    with stages("decide"):
        catalogues = [label_catalogue(spark, *each, settings) for each in judged]
        fitted, figures = fit_deciders(catalogues, start, settings, from_base=base is not None)
    bundle, card = finish_bundle(fitted, figures, settings)
    with stages("save"):
        save_bundle(bundle, args.bundle, card)
    print(f"{describe_gains(figures)}: {args.bundle}")


if __name__ == "__main__":
    run_job(main)
