"""What a training is asked to start from, checked before Spark starts."""

from argparse import Namespace
from collections.abc import Sequence

from kembar.config import LEVELS, Settings
from kembar.encoding.find_photo_folder import require_photo_folder
from kembar.errors import ConfigError, InputError
from kembar.model.bundle import Bundle
from kembar.model.bundle_files import load_bundle
from kembar.storage.files import join_uri, require
from kembar.storage.ownership import check_output
from kembar.storage.paths import within
from kembar.training.work_folder import work_of

SHIPPED, SCRATCH = "shipped", "scratch"


def base_bundle(settings: Settings) -> Bundle | None:
    """The bundle whose deciders are fitted to the labels, or None where heads are to be trained too.

    Raises:
        BundleError: there is no bundle at the path that `training.base` names.
        ConfigError: the settings ask for other towers than the base bundle has.
    """
    name = settings.training.base
    if name == SCRATCH:
        return None
    base = load_bundle(None if name == SHIPPED else name)
    wanted = (settings.image_tower.name, settings.text_tower.handle)
    if wanted != (base.image_tower, base.text_tower):
        raise ConfigError(
            f"training.base={name} has the towers {base.image_tower} and {base.text_tower}, but the settings ask for "
            f"{' and '.join(wanted)}; other towers need training.base=scratch"
        )
    return base


def check_places(args: Namespace, settings: Settings) -> None:
    """Check that the bundle and what a training keeps beside it may be written where they are to go.

    Raises:
        InputError: An input would be harmed, or a folder holds what no training wrote.
        TrainingError: As `TrainingWork.check`.
    """
    catalogues: list[tuple[str | None, str | None]] = [*pair_up(args.listings, args.images)]
    for listings, images in catalogues or [(None, None)]:
        check_output(
            args.bundle, "train", listings=listings, images=images, matched=args.matched, decisions=args.decisions
        )
        for option, location in {"listings": listings, "images": images}.items():
            if location and args.work and within(args.work, location) is not None:
                raise InputError(f"--work {args.work} lies in --{option} {location}: name another folder")
    if args.listings:
        work_of(args, settings).check(args.resume)


def pair_up(listings: Sequence[str], images: Sequence[str]) -> list[tuple[str, str]]:
    """Each catalogue with its folder of photos.

    Raises:
        ConfigError: there are not as many of the one as of the other.
    """
    if len(listings) != len(images):
        raise ConfigError(
            f"--listings was given {len(listings)} times and --images {len(images)} times: "
            "name one folder of photos for each catalogue, in the same order"
        )
    return list(zip(listings, images, strict=True))


def levels_of(args: Namespace) -> list[str]:
    """The level of sameness of each catalogue's labels: one for all, or one for each in the same order.

    Raises:
        ConfigError: there are neither one nor as many as catalogues.
    """
    levels = args.level or [LEVELS[0]]
    if len(levels) not in (1, len(args.listings)):
        raise ConfigError(
            f"--level was given {len(levels)} times and --listings {len(args.listings)} times: "
            "name one level for all catalogues, or one for each, in the same order"
        )
    return levels * len(args.listings) if len(levels) == 1 else levels


def check_sources(args: Namespace, base: Bundle | None) -> None:
    """Whether there is something to learn from: catalogues with their photos, or decisions about a match run.

    Raises:
        ConfigError: neither is named, or what is named does not go together.
        InputError: a file or folder is missing.
    """
    if args.matched and (args.listings or args.images):
        raise ConfigError("--matched replaces --listings and --images: use either --matched or the other two")
    if args.matched and not args.decisions:
        raise ConfigError("--matched needs --decisions, a file with decisions about its pairs")
    if args.matched and base is None:
        raise ConfigError(
            f"--matched fits the deciders of an existing bundle, so it does not work with training.base={SCRATCH}"
        )
    if not args.matched and not args.listings:
        raise ConfigError("nothing to learn from: name --listings and --images, or --matched and --decisions")
    levels_of(args)
    for listings, images in pair_up(args.listings, args.images):
        require(listings, "listings")
        require_photo_folder(images)
    if args.matched:
        require(join_uri(args.matched, "matches"), "the table of a finished match run")
