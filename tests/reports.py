"""A small run to report on, made without Spark: a sample catalogue, its groups with mistakes put in, scored pairs."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from kembar.config import load_settings
from kembar.report import Run, collect_groups, show_photos, summarise_overview, write_report
from kembar.report.page_data import ReportData
from kembar.schemas import DISTANCES, EVIDENCE
from kembar.storage.output_folder import output_folder
from kembar.synthetic import write_catalogue

HOSTILE = (
    "<script>window.pwned = 1</script> sepatu",
    '"><img src=x onerror="window.pwned = 1"> tas',
    "</script><script>window.pwned = 1</script>",
    "{{ 7 * 7 }} ${window.pwned = 1} 'kaos' \u2028 baris",
)
PRIOR = 1.0


def read_sample(folder: Path, listings: int = 120) -> pd.DataFrame:
    """Draw a catalogue into `folder` and read it, the first titles hostile."""
    write_catalogue(folder, listings=listings, seed=5, photo_px=96)
    rows = pd.read_csv(folder / "train.csv", dtype=str)
    rows.loc[: len(HOSTILE) - 1, "title"] = HOSTILE
    return rows.sort_values("posting_id", ignore_index=True)


def group_wrongly(rows: pd.DataFrame) -> pd.Series:
    """The true products as groups, with mistakes: the two largest are one group, the third lacks a listing."""
    sizes = rows["label_group"].value_counts()
    first, second, third = sizes.index[:3]
    group = rows["label_group"].where(rows["label_group"] != second, first)
    lost = rows.index[rows["label_group"] == third][0]
    group[lost] = f"lone-{lost}"
    return group


def score_pairs(rows: pd.DataFrame, group: pd.Series, seed: int = 3) -> pa.Table:
    """MATCHES of all pairs within groups or products, and of some others: likely ones are of one product."""
    rng, ids = np.random.default_rng(seed), rows["posting_id"].tolist()
    wanted = [
        (i, j)
        for i, j in combinations(range(len(rows)), 2)
        if group[i] == group[j] or rows["label_group"][i] == rows["label_group"][j] or rng.random() < 0.02
    ]
    left, right = np.array(wanted).T
    same = rows["label_group"].to_numpy()[left] == rows["label_group"].to_numpy()[right]
    odds = np.where(same, rng.normal(2.5, 1, len(left)), rng.normal(-2, 1, len(left)))
    shares = rng.dirichlet(np.ones(len(EVIDENCE)), len(left)) * (odds - PRIOR)[:, None]
    distances = np.where(rng.random((len(left), len(DISTANCES))) < 0.9, rng.random((len(left), len(DISTANCES))), np.nan)
    columns = {"posting_id_l": pa.array([ids[i] for i in left]), "posting_id_r": pa.array([ids[j] for j in right])}
    real = {"probability": 1 / (1 + np.exp(-odds)), "gap": rng.random(len(left)), "prior": np.full(len(left), PRIOR)}
    real |= {f"{name}_evidence": shares[:, k] for k, name in enumerate(EVIDENCE)}
    columns |= {name: pa.array(values.astype(np.float32)) for name, values in real.items()}
    columns |= {
        f"{name}_distance": pa.array(distances[:, k].astype(np.float32), from_pandas=True)
        for k, name in enumerate(DISTANCES)
    }
    blocks = [["rare_term"], ["hash_band", "image_near"], ["title_near", "rare_term"]]
    return pa.table(columns | {"blocks": pa.array([blocks[k] for k in rng.integers(0, 3, len(left))])})


def small_run(folder: Path, listings: int = 120) -> tuple[Run, pd.DataFrame]:
    """A run on a catalogue drawn into `folder`, and the catalogue's rows."""
    rows = read_sample(folder, listings)
    group = group_wrongly(rows)
    text = {name: pa.array(rows[name]) for name in ("posting_id", "image", "title", "label_group")}
    groups = pa.table(
        {
            "posting_id": text["posting_id"],
            "group_id": pa.array(group),
            "group_size": pa.array(group.map(group.value_counts()).astype(np.int32)),
        }
    )
    encoded = pa.table(
        {
            "posting_id": text["posting_id"],
            "phash": pa.array(rows["image_phash"]),
            "terms": pa.array([title.lower().split() for title in rows["title"]]),
            "failures": pa.array([["photo cannot be read: FileNotFoundError"], *[[]] * (len(rows) - 1)]),
        }
    )
    quarantine = pa.table(
        {
            "posting_id": ["x1", "x2", None],
            "row": ['{"title":"<b>x</b>"}', "{}", "{}"],
            "reason": [
                "image_phash is not 16 hexadecimal digits: 12",
                "image_phash is not 16 hexadecimal digits: zz",
                "posting_id is missing",
            ],
        }
    )
    matches = score_pairs(rows, group)
    summary = {"candidate_pairs": len(matches), "thresholds": {"match": 0.4, "lone": 0.3}}
    return Run(groups, matches, encoded, quarantine, pa.table(text), summary, None), rows


def write_small_report(folder: Path, run: Run, output: str = "report") -> tuple[Path, ReportData]:
    """The report of a `small_run` on `folder`/catalogue as files; its first page."""
    settings = load_settings(overrides=["report.workers=1"])
    told = collect_groups(run, settings.report.border_pairs)
    images, target = str(folder / "catalogue" / "images"), str(folder / output)
    with output_folder(target, "report") as into:
        photos = show_photos(images, told.photos, into, settings)
        return Path(write_report(into, told, photos, summarise_overview(run, told), {})), told
