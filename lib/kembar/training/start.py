"""What a training is asked to start from, checked before Spark starts."""

from collections.abc import Sequence

from kembar.bundle import Bundle, load_bundle
from kembar.config import Settings
from kembar.errors import ConfigError
from kembar.towers.image import EFFICIENTNET, SMALL_CNN

SHIPPED, SCRATCH = "shipped", "scratch"


def base_bundle(settings: Settings) -> Bundle | None:
    """The bundle whose deciders are fitted to the labels, or None where heads are to be trained too.

    Raises:
        BundleError: there is no bundle at the path that `training.base` names.
        ConfigError: the settings ask for other towers than the base bundle has, or for altered photos where no
            photo head learns from them.
    """
    name = settings.training.base
    if settings.training.relist_photos and (name != SCRATCH or settings.image_tower.name == SMALL_CNN):
        raise ConfigError(
            f"training.relist_photos is for photo heads over a pretrained tower: it needs training.base={SCRATCH} and "
            f"image_tower.name={EFFICIENTNET}, received {name} and {settings.image_tower.name}"
        )
    if name == SCRATCH:
        return None
    base = load_bundle(None if name == SHIPPED else name)
    wanted = (settings.image_tower.name, settings.text_tower.handle)
    if wanted != (base.image_tower, base.text_tower):
        raise ConfigError(
            f"training.base={name} has the towers {base.image_tower} and {base.text_tower}, and the settings ask for "
            f"{' and '.join(wanted)}; other towers need training.base=scratch"
        )
    return base


def pair_up(listings: Sequence[str], images: Sequence[str]) -> list[tuple[str, str]]:
    """Each catalogue with its folder of photos.

    Raises:
        ConfigError: there are not as many of the one as of the other.
    """
    if len(listings) != len(images):
        raise ConfigError(
            f"--listings was given {len(listings)} times and --images {len(images)} times: "
            "name the folder of photos of each catalogue, in the same order"
        )
    return list(zip(listings, images, strict=True))
