"""Make a catalogue for load: python -m kembar.sample.load codes --listings 1000000 --output DIR [--skewed]."""

import argparse
import sys

from kembar.errors import KembarError
from kembar.sample.load import EVEN, SKEWED, LoadPlan, write_codes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m kembar.sample.load", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    codes = kinds.add_parser("codes", help="codes alone, as jobs/encode.py writes them, and the truth")
    codes.add_argument("--skewed", action="store_true", help="with a block, a title and a photo that very many share")
    for kind in (codes,):
        kind.add_argument("--listings", type=int, required=True, help="how many, 2 or more")
        kind.add_argument("--output", required=True, metavar="DIR", help="a folder that is not there yet, or is empty")
        kind.add_argument("--seed", type=int, default=7, help="another seed, another catalogue")
    args = parser.parse_args()
    plan = LoadPlan(args.listings, args.seed, SKEWED if args.skewed else EVEN)
    counts = write_codes(args.output, plan, quiet=False)
    print(f"{counts['listings']} listings, quarantined {counts['quarantine']}: {args.output}")


if __name__ == "__main__":
    try:
        main()
    except KembarError as error:
        sys.exit(f"error: {error}")
