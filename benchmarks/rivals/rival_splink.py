"""Splink on DuckDB: Fellegi-Sunter weights learnt from labels, blocks of rare words and of hash bands.

Splink compares columns with SQL, so a title is also given as its words with TF-IDF weights projected to a fixed
length, whose cosine DuckDB knows. m comes from Splink's own `estimate_m_from_label_column`; u from random pairs,
which is Splink's way, or from the labelled non-matches among the candidates. Tuned: which comparisons, which u,
and the grouping (Splink's own clustering is connected components, one of the two tried).
"""

import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from features import character_vectors, clean, hash_numbers, word_vectors
from grouping import Cut, Pairs, choose_cut
from scipy.sparse import csr_array, hstack
from sklearn.random_projection import SparseRandomProjection
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

logging.getLogger("splink").setLevel(logging.ERROR)
WIDTH = 768
STEPS = [0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15]
DISTANCES = [2, 6, 10, 14, 18, 22]
# Match weights (log2 odds) become scores of 0-1 for the average linkage, which probabilities near 1 would flatten.
LOW, HIGH = -20.0, 20.0
LEAN = {"retain_matching_columns": False, "additional_columns_to_retain": []}  # a pair's vectors are long


@dataclass(frozen=True)
class Variant:
    """Which columns are compared, and whether u is of the non-matches among the candidates."""

    title: tuple[str, ...]
    extras: tuple[str, ...]
    u_of_candidates: bool


# Those of twelve that were ahead on a tuning part; u of random pairs lost where numbers or Jaro-Winkler were added.
VARIANTS = [
    Variant(("words", "characters"), ("hash",), False),
    Variant(("words", "characters"), ("hash",), True),
    Variant(("title_vector",), ("hash", "numbers"), True),
    Variant(("title_vector",), ("hash", "numbers", "jaro_winkler"), True),
]


@dataclass(frozen=True)
class Model:
    """`settings` are Splink's, trained."""

    variant: Variant
    settings: dict[str, Any] = field(repr=False)
    cut: Cut
    chosen_f1: float


def table(catalogue: pd.DataFrame) -> pd.DataFrame:
    """The catalogue as Splink reads it; nothing here looks at a label."""
    titles = catalogue["title"].map(clean)
    words, characters = word_vectors(titles), character_vectors(titles, 4)
    numbers, known = hash_numbers(catalogue["image_phash"])
    tokens = titles.map(lambda text: sorted(set(text.split())))
    seen = tokens.explode().value_counts()
    often = max(10.0, 0.75 * len(titles) ** 0.5)  # a word of more listings than this is not rare
    frame = pd.DataFrame(
        {
            "unique_id": np.arange(len(titles)),
            "title": titles,
            "rare": [[t for t in row if seen[t] <= often] for row in tokens],
            "numbers": [[t for t in row if any(c.isdigit() for c in t)] or None for row in tokens],
            "hash": pd.array(numbers, dtype="UInt64"),
            "words": list(_projected(words)),
            "characters": list(_projected(characters)),
            "title_vector": list(_projected(csr_array(hstack([words, characters])))),
        }
    )
    frame.loc[~known, "hash"] = pd.NA
    for band in range(4):
        cut = np.char.add(f"{band}:", ((numbers >> np.uint64(16 * band)) & np.uint64(0xFFFF)).astype(str))
        frame[f"band_{band}"] = pd.Series(cut, dtype=object).where(known, None)
    if "label_group" in catalogue:
        frame["label"] = catalogue["label_group"].to_numpy()
    return frame


def _projected(vectors: csr_array) -> np.ndarray:
    """Fixed-length vectors of about the same cosines (Achlioptas 2003), whatever the vocabulary."""
    return SparseRandomProjection(WIDTH, random_state=7, dense_output=True).fit_transform(vectors).astype(np.float32)


def _compare(column: str) -> Any:
    if column in ("words", "characters", "title_vector"):
        sql = f"list_cosine_similarity({column}_l, {column}_r) >= "
        steps = [levels.CustomLevel(f"{sql}{step}", f"{column} {step}") for step in STEPS]
    elif column == "hash":
        sql = "bit_count(xor(hash_l, hash_r)) <= "
        steps = [levels.NullLevel("hash"), *(levels.CustomLevel(f"{sql}{d}", f"hash {d}") for d in DISTANCES)]
    elif column == "numbers":
        same = "len(list_intersect(numbers_l, numbers_r))"
        steps = [
            levels.NullLevel("numbers"),
            levels.CustomLevel(f"{same} = greatest(len(numbers_l), len(numbers_r))", "all"),
            levels.CustomLevel(f"{same} = least(len(numbers_l), len(numbers_r))", "one side's"),
            levels.CustomLevel(f"{same} > 0", "some"),
        ]
    else:
        return comparisons.JaroWinklerAtThresholds("title", [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65])
    return comparisons.CustomComparison([*steps, levels.ElseLevel()], output_column_name=column)


def _linker(frame: pd.DataFrame, settings: SettingsCreator | dict[str, Any]) -> Linker:
    api = DuckDBAPI()
    return Linker(api.register(frame), settings)


def _train(frame: pd.DataFrame, variant: Variant) -> dict[str, Any]:
    rules = [block_on("rare", arrays_to_explode=["rare"]), *(block_on(f"band_{band}") for band in range(4))]
    linker = _linker(
        frame,
        SettingsCreator(
            link_type="dedupe_only",
            comparisons=[_compare(column) for column in (*variant.title, *variant.extras)],
            blocking_rules_to_generate_predictions=rules,
            additional_columns_to_retain=["label"],
        ),
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=3e5, seed=7)
    linker.training.estimate_m_from_label_column("label")
    if variant.u_of_candidates:
        return _with_candidates_u(linker)
    return {**linker.misc.save_model_to_json(), **LEAN}


def _with_candidates_u(linker: Linker) -> dict[str, Any]:
    """The settings with each level's u counted on the candidates that the labels call non-matches."""
    settings, found = linker.misc.save_model_to_json(), linker.inference.predict().physical_name
    for comparison in settings["comparisons"]:
        gamma = f"gamma_{comparison['output_column_name']}"
        apart = f"SELECT {gamma}, count(*) AS pairs FROM {found} WHERE label_l != label_r AND {gamma} >= 0 GROUP BY 1"
        counts = linker.misc.query_sql(apart).as_pandas_dataframe().set_index(gamma)["pairs"]
        known = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        for value, level in enumerate(reversed(known)):
            level["u_probability"] = (counts.get(value, 0) + 0.5) / (counts.sum() + 0.5 * len(known))
            level.setdefault("m_probability", 1e-4)
    return {**settings, **LEAN}


def _predict(settings: dict[str, Any], frame: pd.DataFrame) -> pd.DataFrame:
    return _linker(frame, settings).inference.predict().as_pandas_dataframe()


def _pairs(settings: dict[str, Any], frame: pd.DataFrame) -> Pairs:
    found = _predict(settings, frame)
    score = np.clip((found["match_weight"].to_numpy() - LOW) / (HIGH - LOW), 0, 1)
    return Pairs.of(len(frame), found["unique_id_l"].to_numpy(), found["unique_id_r"].to_numpy(), score)


def fit(train: pd.DataFrame) -> Model:
    frame, tried = table(train), []
    for variant in VARIANTS:
        settings = _train(frame, variant)
        tried.append(Model(variant, settings, *choose_cut(_pairs(settings, frame), train["label_group"])))
    return max(tried, key=lambda model: model.chosen_f1)


def score(model: Model, catalogue: pd.DataFrame) -> Pairs:
    return _pairs(model.settings, table(catalogue.drop(columns="label_group", errors="ignore")))
