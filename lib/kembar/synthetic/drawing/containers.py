"""Things that are sold in something: bottles, jars, tubes, tins, pouches, cartons."""

from kembar.synthetic.drawing.canvas import Canvas, Colour, mirrored, mix, smooth
from kembar.synthetic.drawing.look import Look, print_label
from kembar.synthetic.drawing.pen import upright

_WHITE: Colour = (244, 244, 242)
_GOLD: Colour = (206, 168, 92)
_DARK: Colour = (44, 44, 50)


def _cap_colour(look: Look) -> Colour:
    return (_WHITE, _DARK, look.accent, _GOLD)[look.choice(5, 4)]


def _body(canvas: Canvas, look: Look, half: float, shoulder: float, neck: float, top: float) -> None:
    """A bottle's body with its label, between `top` and the floor at 0.92."""
    edge, side = 0.5 + neck, 0.5 + half
    outline = mirrored([(edge, top), (edge, top + 0.03), (side, top + shoulder), (side, 0.89), (side - 0.03, 0.92)])
    label = upright(half, top + shoulder + 0.04, 0.84)
    canvas.polygon(outline, look.main, "round", decorate=lambda pen: print_label(pen, look, label))


def bottle(canvas: Canvas, look: Look) -> None:
    half, top = look.between(0, 0.12, 0.2), look.between(1, 0.24, 0.34)
    _body(canvas, look, half, look.between(2, 0.07, 0.16), look.between(3, 0.04, 0.07), top)
    wide = look.between(4, 0.05, 0.08)
    canvas.rect((0.5 - wide, top - 0.13, 0.5 + wide, top + 0.01), _cap_colour(look), "round", 0.012)


def pump_bottle(canvas: Canvas, look: Look) -> None:
    half, top, cap = look.between(0, 0.13, 0.21), look.between(1, 0.34, 0.42), _cap_colour(look)
    canvas.rect((0.488, top - 0.2, 0.512, top - 0.04), mix(cap, _DARK, 0.1), "round")
    spout = [(0.36, top - 0.2), (0.37, top - 0.235), (0.56, top - 0.245), (0.56, top - 0.18), (0.44, top - 0.185)]
    canvas.polygon(spout, cap, "lying")
    canvas.rect((0.43, top - 0.07, 0.57, top + 0.02), cap, "round", 0.01)
    _body(canvas, look, half, look.between(2, 0.03, 0.1), 0.07, top)


def dropper(canvas: Canvas, look: Look) -> None:
    half, top = look.between(0, 0.11, 0.17), 0.46
    canvas.part(lambda pen: pen.rect((0.455, 0.16, 0.545, 0.36), 255, 0.045), _cap_colour(look), "round")
    canvas.rect((0.43, 0.34, 0.57, 0.47), (_GOLD, (190, 192, 196), _DARK)[look.choice(6, 3)], "metal", 0.008)
    _body(canvas, look, half, look.between(2, 0.02, 0.08), 0.06, top)


def jar(canvas: Canvas, look: Look) -> None:
    half, top, cap = look.between(0, 0.24, 0.32), look.between(1, 0.5, 0.58), _cap_colour(look)
    body, label = upright(half, top, 0.88), upright(half, top + 0.03, 0.84)
    canvas.rect(body, look.main, "round", 0.05, decorate=lambda pen: print_label(pen, look, label))
    lid = (0.5 - half - 0.012, top - look.between(2, 0.1, 0.17), 0.5 + half + 0.012, top + 0.01)
    canvas.rect(lid, cap, "round", 0.015)
    if look.choice(7, 2):
        canvas.line([(0.5 - half, top - 0.02), (0.5 + half, top - 0.02)], 0.008, _GOLD)


def tube(canvas: Canvas, look: Look) -> None:
    wide, low = look.between(0, 0.15, 0.21), 0.76
    outline = [(0.5 - wide, 0.08), (0.5 + wide, 0.08), (0.5 + 0.09, low), (0.5 - 0.09, low)]
    label = (0.5 - wide * 0.85, 0.16, 0.5 + wide * 0.85, 0.66)
    paper = mix(look.main, _WHITE, 0.12)
    canvas.polygon(outline, look.main, "round", decorate=lambda pen: print_label(pen, look, label, paper))
    canvas.rect((0.5 - wide, 0.07, 0.5 + wide, 0.11), mix(look.main, _WHITE, 0.3), "flat")
    canvas.rect((0.41, low - 0.01, 0.59, 0.92), _cap_colour(look), "round", 0.015)


def lipstick(canvas: Canvas, look: Look) -> None:
    case = (_DARK, _GOLD, look.accent)[look.choice(5, 3)]
    canvas.polygon([(0.35, 0.2), (0.4, 0.13), (0.45, 0.2), (0.45, 0.45), (0.35, 0.45)], look.main, "round")
    canvas.rect((0.335, 0.42, 0.465, 0.58), _GOLD if case != _GOLD else _DARK, "metal")
    canvas.rect((0.315, 0.56, 0.485, 0.92), case, "round", 0.008)
    cap = (0.56, 0.5, 0.73, 0.92)
    canvas.rect(cap, case, "round", 0.008, decorate=lambda pen: pen.text((0.645, 0.7), look.brand, 0.05, _GOLD, 0.14))
    swatch = smooth([(0.55, 0.2), (0.7, 0.16), (0.86, 0.2), (0.84, 0.3), (0.7, 0.28), (0.56, 0.32)])
    canvas.polygon(swatch, look.main, "lying")


def tin(canvas: Canvas, look: Look) -> None:
    half, top = look.between(0, 0.2, 0.27), look.between(1, 0.16, 0.34)
    body, label = upright(half, top, 0.91), upright(half, top + 0.05, 0.88)
    metal: Colour = (198, 200, 204)
    canvas.ellipse(upright(half, 0.87, 0.95), metal, "metal")
    canvas.rect(body, look.main, "round", decorate=lambda pen: print_label(pen, look, label))
    canvas.ellipse(upright(half, top - 0.045, top + 0.045), metal, "metal")
    canvas.ellipse((0.5 - half + 0.02, top - 0.03, 0.5 + half - 0.02, top + 0.03), mix(metal, _WHITE, 0.4), "flat")


def pouch(canvas: Canvas, look: Look) -> None:
    half, top = look.between(0, 0.22, 0.3), look.between(1, 0.1, 0.18)
    edge = ((1, top), (0.94, 0.3), (0.98, 0.6), (1.05, 0.9), (0.4, 0.93))
    right, label = [(0.5 + half * x, y) for x, y in edge], upright(half * 0.8, top + 0.14, 0.82)
    canvas.polygon(mirrored(right), look.main, "cloth", decorate=lambda pen: print_label(pen, look, label))
    canvas.rect(upright(half, top, top + 0.045), mix(look.main, _WHITE, 0.25), "flat")
    for step in range(5):
        y = top + 0.008 * step
        canvas.line([(0.5 - half, y), (0.5 + half, y)], 0.002, mix(look.main, _DARK, 0.2))


def carton(canvas: Canvas, look: Look) -> None:
    half, top, deep = look.between(0, 0.2, 0.27), look.between(1, 0.2, 0.42), 0.13
    front = left, _, right, _ = upright(half, top, 0.9, 0.42)
    back, paper = right + deep, mix(look.main, _WHITE, 0.15 + 0.5 * look.choice(8, 2))
    canvas.rect(front, look.main, "flat", decorate=lambda pen: print_label(pen, look, front, paper))
    side = mix(look.main, _DARK, 0.3)
    canvas.polygon([(right, top), (back, top - 0.06), (back, 0.82), (right, 0.9)], side, "flat")
    lid = [(left, top), (left + deep, top - 0.06), (back, top - 0.06), (right, top)]
    canvas.polygon(lid, mix(look.main, _WHITE, 0.3), "flat")
    near, far = right + 0.02, back - 0.02
    patch = [(near, top + 0.1), (far, top + 0.06), (far, top + 0.2), (near, top + 0.25)]
    canvas.polygon(patch, mix(side, look.accent, 0.7), "flat")


def container(canvas: Canvas, look: Look) -> None:
    lid, half = look.main, look.between(0, 0.22, 0.32)
    left, right = 0.5 - half, 0.5 + half
    clear: Colour = (214, 226, 232)
    count = 1 + look.choice(4, 3)
    for turn in range(count):
        top = 0.9 - 0.26 * (turn + 1)
        body = [(left, top + 0.05), (right, top + 0.05), (right - 0.03, top + 0.25), (left + 0.03, top + 0.25)]
        canvas.polygon(body, clear, "round", opacity=0.9)
        above, below = top + 0.12, top + 0.24
        food = [(left + 0.02, above), (right - 0.02, above), (right - 0.04, below), (left + 0.04, below)]
        canvas.polygon(food, (look.accent, (222, 184, 120), (150, 90, 60))[turn], "lying", opacity=0.75)
        canvas.rect((left - 0.02, top, right + 0.02, top + 0.055), lid, "lying", 0.015)
        for side in (-1, 1):
            clip = upright(0.04, top + 0.035, top + 0.09, 0.5 + side * half * 0.55)
            canvas.rect(clip, mix(lid, _DARK, 0.15), "flat", 0.01)
