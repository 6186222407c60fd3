"""Draw a sample catalogue: python -m kembar.synthetic --listings 2000 --output DIR."""

import argparse
import sys

from kembar.errors import KembarError
from kembar.synthetic import write_catalogue


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m kembar.synthetic", description=__doc__)
    parser.add_argument("--listings", type=int, required=True, help="how many, 2 or more")
    parser.add_argument("--output", required=True, metavar="DIR", help="a folder that does not exist yet, or is empty")
    parser.add_argument("--seed", type=int, default=7, help="another seed, another catalogue")
    parser.add_argument("--photo-px", type=int, default=400, help="width and height of a photo")
    parser.add_argument("--workers", type=int, help="processes that draw; all cores if left out")
    parser.add_argument("--without-labels", action="store_true", help="write test.csv, without label_group")
    args = parser.parse_args()
    summary = write_catalogue(
        args.output, args.listings, args.seed, args.photo_px, args.workers, not args.without_labels, quiet=False
    )
    print(f"{summary.listings} listings of {summary.products} products, {summary.photos} photos: {args.output}")


if __name__ == "__main__":
    try:
        main()
    except KembarError as error:
        sys.exit(f"error: {error}")
