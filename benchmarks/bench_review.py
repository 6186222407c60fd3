"""What answers are worth: F1 on products that nobody was asked about, by how many answers and by who chose the pairs.

KEMBAR_DATA=... .venv/bin/python benchmarks/bench_review.py [--target mall-dev]
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from common import ROOT, dataset, images_of, markdown, spark_submit, write_page

from kembar.clustering import attach_singletons
from kembar.config import load_settings
from kembar.evaluation.scores import bootstrap_mean
from kembar.index.query_expansion import comparable
from kembar.listings.validation import read_listings
from kembar.model.bundle import Bundle
from kembar.model.bundle_files import load_bundle
from kembar.model.discriminator import sigmoid
from kembar.schemas import ENCODED
from kembar.session import get_session
from kembar.stages.index_catalogue import index_catalogue
from kembar.stages.mine_pairs import collect_rows, mine_pairs
from kembar.storage.tables import read_table
from kembar.training.fit_discriminator import with_gap
from kembar.training.review import DecidedPairs, Undecided, choose_pairs, fit_answers
from kembar.training.thresholds import GroupingChoice
from kembar.training.views import LabelledCatalogue

TARGETS, COUNTS, SPLITS, DRAWS = ("mall-dev", "shopee-dev"), (50, 100, 200, 500, 1000), 4, 3
DRAWN = 1_500
WHAT = {
    "mall-dev": "real titles with photos of other goods joined to them",
    "shopee-dev": "real titles with their own hashes, no photos",
}
SETTINGS = load_settings()
PER_LISTING = SETTINGS.blocking.candidates_per_listing
ABOUT = """A bundle is trained from scratch on the photos of grocery-dev and on {drawn:,} drawn listings of
`python -m kembar.synthetic`, and has never seen a title of {target} ({listings:,} listings of
{products} products: {what}). Half of the products are reviewed: candidate pairs of their
listings are answered by the truth. F1 is of the listings of the other half, in the whole catalogue, mean of {splits}
ways to halve it; random choice is drawn {draws} times for each.
"kembar" is the choice of `jobs/review.py`; "in doubt" takes the pairs nearest to a probability of one half; "random"
any candidate pairs. Before any answer F1 is {before:.4f}.

{table}

Against as many random pairs, and against {many} of them, with 95 % intervals over products:

{gains}
"""


@dataclass(frozen=True)
class Shop:
    """The catalogue under review: which products are reviewed changes from split to split."""

    catalogue: LabelledCatalogue
    bundle: Bundle

    def halves(self, split: int) -> np.ndarray:
        """Whether each listing's product is reviewed."""
        products = np.unique(self.catalogue.product)
        drawn = np.random.default_rng(split).permutation(products)[: len(products) // 2]
        return np.isin(self.catalogue.product, drawn)

    def candidates(self, reviewed: np.ndarray) -> tuple[DecidedPairs, np.ndarray]:
        """The candidate pairs of reviewed listings with their answers, and the rows of both sides."""
        view, model = self.catalogue.natural, self.bundle.decider_for(self.catalogue.titled).discriminator
        look, pairs = view.look(model, PER_LISTING), self.catalogue.proposed
        chosen = look.kept & reviewed[pairs.left] & reviewed[pairs.right]
        sides = np.stack([pairs.left[chosen], pairs.right[chosen]])
        names = sides.astype(str).astype(object)
        return DecidedPairs(with_gap(view, look)[chosen], view.compared[1][chosen], view.same[chosen], *names), sides

    def f1(self, bundle: Bundle, scored: np.ndarray) -> np.ndarray:
        """F1 of each scored listing."""
        decider = bundle.decider_for(self.catalogue.titled)
        choice = GroupingChoice.of(self.catalogue.natural, decider.discriminator, PER_LISTING, scored)
        groups, at = choice.group(decider.thresholds.match), decider.thresholds
        return choice.f1(attach_singletons(groups, choice.neighbours(), at.lone, SETTINGS.grouping.max_group))


def shop_of(target: str) -> Shop:
    """The target encoded by a bundle that never saw it; both are kept in build/review."""
    build, data = ROOT / "build" / "review", dataset(target)
    bundle, encoded = build / "bundle", build / f"encoded-{target}"
    if not (bundle / "manifest.json").exists():
        sources = [*sources_of(drawn_catalogue()), *sources_of(dataset("grocery-dev"))]
        spark_submit("train", *sources, "--bundle", bundle, "--set", "training.base=scratch")
    truth = ("--listings", data / "train.csv", "--images", images_of(data))
    spark_submit("encode", *truth, "--output", encoded, "--bundle", bundle)
    spark = get_session("kembar bench review")
    index, ids = index_catalogue(read_table(spark, str(encoded / "listings"), ENCODED), str(build / "hashed"))
    labels = read_listings(spark, str(data / "train.csv")).select("posting_id", "label_group").toPandas()
    product = pd.factorize(labels.drop_duplicates("posting_id").set_index("posting_id")["label_group"].reindex(ids))[0]
    codes = comparable(index)
    proposed = collect_rows(mine_pairs(spark, codes, SETTINGS.blocking))
    catalogue = LabelledCatalogue(target, codes, proposed, product.astype(np.int64), np.zeros(len(ids), np.int64))
    return Shop(catalogue, load_bundle(str(bundle)))


def drawn_catalogue() -> Path:
    folder = ROOT / "build" / "review" / "drawn"
    if not folder.exists():
        command = [sys.executable, "-m", "kembar.synthetic", "--listings", DRAWN, "--output", folder]
        subprocess.run(list(map(str, command)), check=True)
    return folder


def sources_of(data: Path) -> tuple[str | Path, ...]:
    return "--listings", data / "train.csv", "--images", images_of(data)


def choices(shop: Shop, pairs: DecidedPairs, sides: np.ndarray, split: int) -> Iterator[tuple[str, np.ndarray]]:
    """Who chooses, and the order in which pairs are asked about."""
    model = shop.bundle.decider_for(shop.catalogue.titled).discriminator
    yield "kembar", choose_pairs(model, pairs.evidence, pairs.present, sides, max(COUNTS))
    yield (
        "in doubt",
        np.argsort(np.abs(sigmoid(model.second_logit(pairs.evidence, pairs.present)) - 0.5), kind="stable"),
    )
    for draw in range(DRAWS):
        yield "random", np.random.default_rng([split, draw]).permutation(len(pairs))


def measure(shop: Shop) -> pd.DataFrame:
    """A row for each split, choice and number of answers: F1 and log-loss of each held-out listing's group."""
    rows = []
    for split in range(SPLITS):
        reviewed = shop.halves(split)
        pairs, sides = shop.candidates(reviewed)
        every, _ = shop.candidates(np.ones(len(reviewed), bool))  # what is known of them is what the bundle says
        undecided = Undecided.of(every.evidence, every.present)
        before = shop.f1(shop.bundle, ~reviewed)
        product = shop.catalogue.product[~reviewed]
        for who, order in choices(shop, pairs, sides, split):
            for count in COUNTS:
                told = pairs.take(order[:count])
                fitted, _ = fit_answers(shop.bundle, told, undecided)
                f1 = shop.f1(fitted, ~reviewed)
                rows.append(
                    {"split": split, "who": who, "answers": count, "same": told.same.mean()}
                    | {"f1": f1, "before": before, "product": product}
                )
                print(split, who, count, f"{f1.mean():.4f} from {before.mean():.4f}", flush=True)
    return pd.DataFrame(rows)


def gains(found: pd.DataFrame) -> pd.DataFrame:
    """What the tool's choice has over random pairs, with intervals over products of all splits."""
    rows = []
    for count in COUNTS:
        mine = found[(found["who"] == "kembar") & (found["answers"] == count)]
        for many in sorted({count, 2 * count} & set(COUNTS)):
            theirs = (
                found[(found["who"] == "random") & (found["answers"] == many)]
                .groupby("split")["f1"]
                .apply(lambda draws: np.mean(np.stack(list(draws)), axis=0))
            )
            apart = np.concatenate([row.f1 - theirs[row.split] for row in mine.itertuples()])
            low, high = bootstrap_mean(apart, np.concatenate([row.product for row in mine.itertuples()]))
            row = {"kembar's answers": count, "random answers": many, "F1 gained": f"{apart.mean():+.4f}"}
            rows.append({**row, "95 %": f"{low:+.4f} to {high:+.4f}"})
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", choices=TARGETS, default="mall-dev")
    target = parser.parse_args().target
    shop = shop_of(target)
    found = measure(shop)
    found["mean"] = found["f1"].map(np.mean)
    table = found.pivot_table(index="answers", columns="who", values="mean").reset_index().round(4)
    table["same among kembar's"] = [
        f"{found[(found['who'] == 'kembar') & (found['answers'] == n)]['same'].mean():.0%}" for n in table["answers"]
    ]
    text = ABOUT.format(
        what=WHAT[target],
        drawn=DRAWN,
        target=target,
        listings=len(shop.catalogue.index),
        products=len(np.unique(shop.catalogue.product)),
        splits=SPLITS,
        draws=DRAWS,
        before=found["before"].map(np.mean).mean(),
        table=markdown(table),
        many="twice as many",
        gains=markdown(gains(found)),
    )
    command = f"KEMBAR_DATA=... .venv/bin/python benchmarks/bench_review.py --target {target}"
    name = "review" if target == "mall-dev" else f"review_{target.removesuffix('-dev')}"
    write_page(name, f"What answers are worth: {target}", command, text)


if __name__ == "__main__":
    main()
