"""Things that are worn."""

from functools import partial

from kembar.synthetic.drawing.canvas import Canvas, Colour, ink_on, mirrored, mix, path, smooth
from kembar.synthetic.drawing.look import Look, print_label
from kembar.synthetic.drawing.pen import Pen

_SKINNY: Colour = (250, 250, 248)
_DARK: Colour = (40, 40, 46)


def _pattern(look: Look, box: tuple[float, float, float, float]) -> object:
    """What is woven or printed over the whole cloth: nothing, stripes, checks or dots."""
    left, top, right, bottom = box
    kind, step, colour = look.choice(13, 5), look.between(14, 0.035, 0.07), mix(look.main, look.accent, 0.7)

    def weave(pen: Pen) -> None:
        count = int(1.2 / step)
        if kind in (1, 2):
            for y in (top + turn * step for turn in range(count)):
                pen.line([(left, y), (right, y)], step * 0.35, colour)
        if kind == 2:
            for x in (left + turn * step for turn in range(count)):
                pen.line([(x, top), (x, bottom)], step * 0.25, mix(colour, look.main, 0.4))
        if kind == 3:
            for turn in range(count * count):
                x, y = left + (turn % count) * step, top + (turn // count) * step
                x += step / 2 * ((turn // count) % 2)
                pen.ellipse((x, y, x + step * 0.35, y + step * 0.35), colour)

    return weave


def tshirt(canvas: Canvas, look: Look) -> None:
    sleeve = look.between(0, 0.36, 0.62)
    right = [(0.6, 0.1), (0.72, 0.14), (0.9, sleeve - 0.08), (0.8, sleeve), (0.71, 0.32), (0.72, 0.6), (0.72, 0.9)]
    kind, ink = look.choice(15, 3), mix(ink_on(look.main), look.accent, 0.5)
    left = [(1 - x, y) for x, y in reversed(right)]
    collar = [(0.44, 0.17), (0.5, 0.195), (0.56, 0.17)]
    weave = _pattern(look, (0.05, 0.05, 0.95, 0.95))

    def decorate(pen: Pen) -> None:
        if kind == 0:
            print_label(pen, look, (0.38, 0.3, 0.62, 0.6), look.main)
        elif kind == 1:
            pen.text((0.5, 0.4), look.brand.upper(), 0.09, ink, 0.36)
            pen.text((0.5, 0.49), look.name, 0.05, ink, 0.3)
        else:
            weave(pen)  # type: ignore[operator]

    canvas.polygon(path("0.42 0.1  0.5 0.12  0.58 0.1  0.56 0.2  0.44 0.2"), mix(look.main, _DARK, 0.45), "flat")
    canvas.polygon([*right, *left, *collar], look.main, "cloth", decorate=decorate)
    canvas.line([(0.4, 0.1), *collar, (0.6, 0.1)], 0.014, mix(look.main, look.accent, 0.5 * look.choice(16, 2)))


def dress(canvas: Canvas, look: Look) -> None:
    waist, hem, long = look.between(0, 0.09, 0.13), look.between(1, 0.2, 0.36), look.between(2, 0.8, 0.94)
    outline = mirrored(
        [(0.55, 0.08), (0.64, 0.11), (0.62, 0.22), (0.5 + waist, 0.38), (0.5 + hem * 0.7, 0.62), (0.5 + hem, long)]
    )
    weave = _pattern(look, (0.1, 0.05, 0.9, 0.95))
    cuff = [(0.74, look.between(3, 0.25, 0.6)), (0.67, look.between(3, 0.26, 0.62))]
    sleeve = [(0.6, 0.1), (0.67, 0.13), *cuff, (0.61, 0.22)]
    for points in (sleeve, [(1 - x, y) for x, y in sleeve]):
        canvas.polygon(points, mix(look.main, _DARK, 0.08), "cloth")
    canvas.polygon(outline, look.main, "cloth", decorate=weave)
    canvas.rect((0.5 - waist - 0.005, 0.36, 0.5 + waist + 0.005, 0.4), mix(look.accent, look.main, 0.3), "round")
    canvas.polygon([(0.45, 0.08), (0.55, 0.08), (0.5, look.between(4, 0.12, 0.2))], mix(look.main, _DARK, 0.5), "flat")


def trousers(canvas: Canvas, look: Look) -> None:
    hip, wide = look.between(0, 0.14, 0.18), look.between(1, 0.07, 0.17)
    foot = [(0.56 + wide, 0.92), (0.56 - wide * 0.2, 0.92)]
    leg = [(0.5, 0.1), (0.5 + hip, 0.1), (0.5 + hip + 0.02, 0.32), *foot, (0.505, 0.36)]
    weave = _pattern(look, (0.1, 0.05, 0.9, 0.95))
    for points in (leg, [(1 - x, y) for x, y in leg]):
        canvas.polygon(points, look.main, "cloth", decorate=weave)
    canvas.rect((0.5 - hip, 0.085, 0.5 + hip, 0.135), mix(look.main, _DARK, 0.2), "round")
    canvas.line([(0.5, 0.13), (0.5, 0.34)], 0.005, mix(look.main, _DARK, 0.45))
    for side in (-1, 1):
        pocket = [(0.5 + side * hip * 0.95, 0.2), (0.5 + side * hip * 0.6, 0.14)]
        canvas.line(pocket, 0.005, mix(look.main, _DARK, 0.45))


def shoe(canvas: Canvas, look: Look) -> None:
    sole, high = (_SKINNY, look.accent, (190, 160, 120))[look.choice(5, 3)], look.between(0, 0.28, 0.42)
    heel = [(0.1, 0.64), (0.11, high), (0.2, high - 0.03), (0.3, high + 0.02)]
    upper = smooth([*heel, *path("0.42 0.47  0.62 0.54  0.84 0.58  0.9 0.67  0.5 0.7  0.12 0.7")])
    ink = mix(look.accent, ink_on(look.main), 0.3)

    def decorate(pen: Pen) -> None:
        kind = look.choice(6, 3)
        if kind == 0:
            pen.polygon([(0.3, 0.66), (0.36, 0.66), (0.5, 0.5), (0.44, 0.5)], ink)
            pen.polygon([(0.4, 0.66), (0.46, 0.66), (0.58, 0.52), (0.53, 0.52)], ink)
        elif kind == 1:
            pen.line(smooth([(0.25, 0.6), (0.4, 0.64), (0.6, 0.55), (0.4, 0.62)]), 0.02, ink)
        else:
            pen.ellipse((0.28, 0.54, 0.38, 0.64), ink)
        pen.polygon([(0.1, 0.3), (0.17, 0.3), (0.17, 0.7), (0.1, 0.7)], mix(look.main, look.accent, 0.6))

    canvas.polygon(upper, look.main, "lying", decorate=decorate)
    toe = smooth([(0.7, 0.57), (0.85, 0.585), (0.91, 0.66), (0.7, 0.69)])
    canvas.polygon(toe, mix(look.main, sole, 0.5), "ball")
    for turn in range(5):
        x, y = 0.34 + turn * 0.055, high + 0.07 + turn * (0.5 - high) * 0.22
        canvas.line([(x - 0.03, y + 0.045), (x + 0.035, y)], 0.013, _SKINNY if sum(look.main) < 600 else _DARK, "lying")
    bottom = path("0.08 0.67  0.3 0.685  0.6 0.685  0.93 0.66  0.93 0.73  0.6 0.76  0.3 0.76  0.08 0.75")
    canvas.polygon(smooth(bottom), sole, "lying")
    canvas.line([(0.09, 0.725), (0.92, 0.71)], 0.008, mix(sole, look.main, 0.6))


def sandal(canvas: Canvas, look: Look) -> None:
    strap = look.accent if look.choice(5, 2) else mix(look.main, _DARK, 0.5)
    for shift in (0.0, 0.4):
        points = path("0.18 0.3  0.24 0.13  0.36 0.1  0.45 0.2  0.45 0.4  0.42 0.6")
        points += path("0.44 0.8  0.36 0.91  0.25 0.9  0.19 0.78  0.22 0.58  0.18 0.42")
        foot = smooth([(x + shift - 0.02 if not shift else 1.04 - x + 0.02, y) for x, y in points])
        edge = [(x + 0.012, y + 0.02) for x, y in foot]
        canvas.polygon(edge, mix(look.main, _DARK, 0.55), "flat")
        at, ink = (0.73 if shift else 0.31, 0.8), mix(look.main, ink_on(look.main), 0.5)
        brand = partial(Pen.text, at=at, text=look.brand, size=0.04, fill=ink, room=0.16)
        canvas.polygon(foot, look.main, "flat", decorate=brand)
        toe = 0.3 if not shift else 0.74
        for end in (toe - 0.12, toe + 0.13):
            middle = ((toe + end) / 2 + (end - toe) * 0.15, 0.34)
            canvas.line([(toe, 0.24), middle, (end, 0.5)], look.between(6, 0.022, 0.04), strap, "round")
        canvas.ellipse((toe - 0.018, 0.222, toe + 0.018, 0.258), mix(strap, _SKINNY, 0.3), "ball")
