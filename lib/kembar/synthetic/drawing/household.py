"""Things for the house, toys and paper."""

from functools import partial

import numpy as np

from kembar.synthetic.drawing.canvas import DARK, STEEL, WHITE, Canvas, ink_on, mix
from kembar.synthetic.drawing.look import Look, print_label
from kembar.synthetic.drawing.pen import Pen, upright


def mug(canvas: Canvas, look: Look) -> None:
    half, top = look.between(0, 0.2, 0.26), look.between(1, 0.22, 0.34)
    handle = (0.44 + half - 0.1, top + 0.12, 0.44 + half + 0.17, 0.76)
    canvas.part(lambda pen: pen.ring(handle, 0.045, 255), look.main, "lying")
    box, plain = upright(half * 0.75, top + 0.1, 0.8, 0.44), look.choice(2, 2)

    def decorate(pen: Pen) -> None:
        if plain:
            pen.text((0.44, 0.58), look.brand, 0.1, mix(ink_on(look.main), look.accent, 0.4), half * 1.4)
        else:
            print_label(pen, look, box, look.main)

    canvas.rect(upright(half, top, 0.9, 0.44), look.main, "round", 0.04, decorate=decorate)
    canvas.ellipse(upright(half, top - 0.05, top + 0.05, 0.44), mix(look.main, WHITE, 0.3), "flat")
    canvas.ellipse((0.44 - half + 0.02, top - 0.036, 0.44 + half - 0.02, top + 0.04), mix(look.main, DARK, 0.5), "flat")


def pan(canvas: Canvas, look: Look) -> None:
    r, grip = look.between(0, 0.27, 0.33), (look.main, (150, 108, 70), DARK)[look.choice(1, 3)]
    canvas.polygon([(0.55, 0.47), (0.6, 0.42), (0.96, 0.08), (0.985, 0.11), (0.62, 0.5)], grip, "flat")
    canvas.ellipse((0.4 - r, 0.58 - r, 0.4 + r, 0.58 + r), look.main if look.choice(2, 2) else STEEL, "metal")
    inner = r - look.between(3, 0.015, 0.04)
    stone = mix(DARK, look.accent, 0.25 * look.choice(4, 3))
    rng = np.random.default_rng(int(look.traits[5] * 2**31))
    spots = rng.uniform(-inner, inner, (160, 2)) if look.choice(6, 2) else np.zeros((0, 2))

    def speckle(pen: Pen) -> None:
        for x, y in spots:
            pen.ellipse((0.4 + x, 0.58 + y, 0.405 + x, 0.585 + y), mix(stone, WHITE, 0.5))
        pen.text((0.4, 0.58), look.brand, 0.05, mix(stone, WHITE, 0.45), 0.3)
        pen.text((0.4, 0.64), look.variant, 0.035, mix(stone, WHITE, 0.45), 0.2)

    canvas.ellipse((0.4 - inner, 0.58 - inner, 0.4 + inner, 0.58 + inner), stone, "ball", decorate=speckle)


def lamp(canvas: Canvas, look: Look) -> None:
    lean = look.between(0, 0.3, 0.42)
    canvas.ellipse((0.34, 0.84, 0.7, 0.93), mix(look.main, DARK, 0.2), "ball")
    arm = STEEL if look.choice(2, 2) else look.main
    canvas.line([(0.52, 0.88), (0.62, 0.56), (lean + 0.04, 0.28)], 0.024, arm, "round")
    canvas.ellipse((0.595, 0.535, 0.645, 0.585), look.accent, "ball")
    shade = ((-0.16, 0.44), (-0.3 + 0.12, 0.36), (-0.02, 0.14), (0.1, 0.2), (0.16, 0.4))
    canvas.polygon([(lean + x, y) for x, y in shade], look.main, "round")
    canvas.ellipse((lean - 0.17, 0.36, lean + 0.16, 0.47), (255, 240, 196), "flat")
    canvas.rect((0.49, 0.865, 0.55, 0.885), look.accent, "flat", 0.008)


def teddy(canvas: Canvas, look: Look) -> None:
    fur, pale = look.main, mix(look.main, WHITE, 0.45)
    for side in (-1, 1):
        ear, arm = 0.5 + side * 0.17, 0.5 + side * 0.24
        canvas.ellipse(upright(0.075, 0.1, 0.25, ear), fur, "ball")
        canvas.ellipse(upright(0.04, 0.135, 0.215, ear), pale, "ball")
        canvas.ellipse(upright(0.075, 0.48, 0.74, arm), fur, "ball")
        canvas.ellipse(upright(0.1, 0.72, 0.93, ear), fur, "ball")
        canvas.ellipse(upright(0.055, 0.78, 0.9, ear), pale, "ball")
    wide = look.between(0, 0.19, 0.24)
    canvas.ellipse((0.5 - wide, 0.42, 0.5 + wide, 0.88), fur, "ball")
    canvas.ellipse((0.5 - wide * 0.6, 0.5, 0.5 + wide * 0.6, 0.82), pale, "ball")
    canvas.ellipse((0.27, 0.13, 0.73, 0.5), fur, "ball")
    canvas.ellipse((0.4, 0.32, 0.6, 0.47), pale, "ball")
    for side in (-1, 1):
        canvas.ellipse((0.5 + side * 0.095 - 0.022, 0.25, 0.5 + side * 0.095 + 0.022, 0.294), DARK, "ball")
    canvas.ellipse((0.465, 0.335, 0.535, 0.385), DARK, "ball")
    bow = look.accent
    for side in (-1, 1):
        canvas.polygon([(0.5, 0.505), (0.5 + side * 0.12, 0.46), (0.5 + side * 0.12, 0.56)], bow, "cloth")
    canvas.ellipse((0.47, 0.48, 0.53, 0.535), mix(bow, DARK, 0.2), "ball")


def book(canvas: Canvas, look: Look) -> None:
    left, right, top = 0.24, 0.24 + look.between(0, 0.44, 0.52), look.between(1, 0.1, 0.18)
    leaves = [(left + 0.03, 0.92), (right + 0.035, 0.92), (right + 0.035, top + 0.03), (right, top)]
    canvas.polygon(leaves, (232, 228, 216), "flat")
    cover = (left, top, right, 0.9)

    def art(pen: Pen) -> None:
        x = (left + right) / 2
        pen.rect((left, 0.6, right, 0.9), mix(look.accent, DARK, 0.2))
        pen.ellipse((x - 0.12, 0.36, x + 0.12, 0.6), mix(look.accent, WHITE, 0.5))
        for turn in range(4):
            a = left + (right - left) * (0.15 + 0.22 * turn)
            high = 0.62 - 0.18 * look.traits[5 + turn]
            pen.polygon([(a - 0.09, 0.72), (a, high), (a + 0.09, 0.72)], mix(look.accent, DARK, 0.15 * turn))
        pen.text((x, top + 0.08), look.name.upper(), 0.1, ink_on(look.main), (right - left) * 0.85)
        pen.text((x, top + 0.17), look.brand, 0.045, ink_on(look.main), (right - left) * 0.7)
        pen.text((x, 0.83), look.variant, 0.09, WHITE, 0.2)
        pen.rect((left, top, left + 0.03, 0.9), mix(look.main, DARK, 0.35))

    canvas.rect(cover, look.main, "flat", 0.006, decorate=art)


def notebook(canvas: Canvas, look: Look) -> None:
    for turn in (2, 1, 0):
        shift = 0.045 * turn
        box = (0.2 + shift, 0.16 - shift * 0.6, 0.72 + shift, 0.88 - shift * 0.6)
        colour = (look.main, look.accent, mix(look.main, look.accent, 0.5))[turn]
        label = (box[0] + 0.12, box[1] + 0.12, box[2] - 0.08, box[1] + 0.5)
        decorate = partial(print_label, look=look, box=label) if not turn else None
        canvas.rect(box, colour, "flat", 0.015, decorate=decorate)
    for turn in range(14):
        y = 0.2 + turn * 0.047
        canvas.part(lambda pen, at=y: pen.ring((0.17, at, 0.23, at + 0.025), 0.006, 255), STEEL, "metal")  # type: ignore[misc]
