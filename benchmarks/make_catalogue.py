"""Make a catalogue for load.

python benchmarks/make_catalogue.py codes --listings 1000000 --output DIR [--skewed]
python benchmarks/make_catalogue.py photos --listings 70000 --output DIR
"""

import argparse
import sys
import time

from load import EVEN, SKEWED, LoadPlan, PhotoPlan, write_codes, write_photos

from kembar.errors import KembarError


def _parse() -> argparse.Namespace:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python benchmarks/make_catalogue.py", description=__doc__, formatter_class=shape)
    kinds = parser.add_subparsers(dest="kind", required=True)
    codes = kinds.add_parser("codes", help="codes alone, as jobs/encode.py writes them, and the truth")
    codes.add_argument("--skewed", action="store_true", help="with a block, a title and a photo that very many share")
    photos = kinds.add_parser("photos", help="train.csv and images/ of 640 to 1,024 pixels")
    photos.add_argument("--repeats", type=float, default=0.1, help="share of listings with another's very file")
    photos.add_argument("--workers", type=int, help="processes; as many as there are cores if left out")
    for kind in (codes, photos):
        kind.add_argument("--listings", type=int, required=True, help="how many, 2 or more")
        kind.add_argument("--output", required=True, metavar="DIR", help="a folder that is not there yet, or is empty")
        kind.add_argument("--seed", type=int, default=7, help="another seed, another catalogue")
    return parser.parse_args()


def main() -> None:
    args, start = _parse(), time.monotonic()
    if args.kind == "codes":
        plan = LoadPlan(args.listings, args.seed, SKEWED if args.skewed else EVEN)
        counts = write_codes(args.output, plan, quiet=False)
        made = f"{counts['listings']} listings, quarantined {counts['quarantine']}"
    else:
        found = write_photos(args.output, PhotoPlan(args.listings, args.seed, args.repeats), args.workers, quiet=False)
        made = f"{found.listings} listings of {found.products} products, {found.photos} photos"
    print(f"{made}, in {time.monotonic() - start:.0f} s: {args.output}")


if __name__ == "__main__":
    try:
        main()
    except KembarError as error:
        sys.exit(f"error: {error}")
