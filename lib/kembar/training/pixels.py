"""Photos as pixels in memory, for an image tower that is trained along."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from kembar.config import EncodeSettings
from kembar.encoding.photo_folder import PhotoFolder
from kembar.encoding.photos import PhotoError, decode_photo


def load_pixels(images: PhotoFolder, names: list[str | None], px: int, settings: EncodeSettings) -> NDArray[np.uint8]:
    """uint8 `[len(names), px, px, 3]`; zero for a listing whose photo is missing or broken."""

    def load(name: str | None) -> NDArray[np.uint8] | None:
        try:
            data = images.read(name, settings.max_photo_bytes) if name else None
            return decode_photo(data, px, False, settings.max_photo_pixels).pixels if data else None
        except PhotoError:
            return None

    pixels = np.zeros((len(names), px, px, 3), np.uint8)
    with ThreadPoolExecutor(settings.decode_threads) as pool:
        for row, photo in enumerate(pool.map(load, names)):
            if photo is not None:
                pixels[row] = photo
    return pixels
