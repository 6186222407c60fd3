"""Pictures of products, drawn from their look."""

from collections.abc import Callable

from PIL import Image

from kembar.synthetic.drawing import bags as carried
from kembar.synthetic.drawing import clothing, containers, household
from kembar.synthetic.drawing.canvas import Canvas
from kembar.synthetic.drawing.look import Look, look_of
from kembar.synthetic.products import Product

_MODULES = {
    containers: ("bottle", "pump_bottle", "dropper", "jar", "tube", "lipstick", "tin", "pouch", "carton", "container"),
    clothing: ("tshirt", "dress", "trousers", "shoe", "sandal"),
    carried: ("backpack", "handbag", "phone", "headphones", "charger", "watch"),
    household: ("mug", "pan", "lamp", "teddy", "book", "notebook"),
}
DRAWINGS: dict[str, Callable[[Canvas, Look], None]] = {
    name: getattr(module, name) for module, names in _MODULES.items() for name in names
}


def draw_item(product: Product, px: int) -> Image.Image:
    """The product alone on a transparent ground: RGBA `px` × `px`."""
    canvas = Canvas(px)
    DRAWINGS[product.drawing](canvas, look_of(product))
    return canvas.layer
