"""Size: match up to 1,000,000 listings, skew, rivals at equal recall, workers, the 8-hour budget, what is new, a
cluster's bill.

.venv/bin/python benchmarks/bench_scale.py match|skew|rivals|scaling|end_to_end|increment|arithmetic|all [--sizes N ...]
    [--conf spark.driver.memory=8g ...] [--again] [--build DIR] [--rivals NAME ...]

Results are kept as JSON in build/scale, and pages are made of all that is there; --again measures anew.
"""

import argparse
from pathlib import Path

from scale import arithmetic, end_to_end, increment, match, rivals, scaling, skew
from scale.work import BUILD, Run

PARTS = {
    "match": match.main,
    "skew": skew.main,
    "rivals": rivals.main,
    "scaling": scaling.main,
    "end_to_end": end_to_end.main,
    "increment": increment.main,
    "arithmetic": arithmetic.main,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="+", choices=[*PARTS, "all"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[], help="listings; each part has sizes of its own")
    parser.add_argument(
        "--conf", nargs="+", default=[], metavar="KEY=VALUE", help="settings of Spark, kept in the result"
    )
    parser.add_argument("--again", action="store_true", help="measure what was measured before, too")
    parser.add_argument("--build", type=Path, default=BUILD, help="catalogues, scratch and results")
    parser.add_argument("--rivals", nargs="+", default=[], choices=rivals.CONTESTANTS, help="of the part rivals")
    args = parser.parse_args()
    conf = dict(pair.split("=", 1) for pair in args.conf)
    run = Run(conf, args.again, args.build.absolute(), args.rivals)
    for name in PARTS if "all" in args.parts else args.parts:
        PARTS[name](run, args.sizes)


if __name__ == "__main__":
    main()
