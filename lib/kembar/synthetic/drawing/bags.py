"""Bags and devices."""

from functools import partial

import numpy as np

from kembar.synthetic.drawing.canvas import DARK, STEEL, WHITE, Canvas, ink_on, mirrored, mix, path, smooth
from kembar.synthetic.drawing.look import Look
from kembar.synthetic.drawing.pen import Pen, around, upright


def backpack(canvas: Canvas, look: Look) -> None:
    half, top = look.between(0, 0.22, 0.28), look.between(1, 0.14, 0.22)
    handle = (0.42, top - 0.08, 0.58, top + 0.1)
    canvas.part(lambda pen: pen.arc(handle, 180, 360, 0.02, 255), mix(look.main, DARK, 0.5), "round")
    right = [(0.56, top), *((0.5 + half * x, y) for x, y in ((0.85, top + 0.08), (1, 0.5), (1, 0.84), (0.8, 0.92)))]
    canvas.polygon(smooth(mirrored(right)), look.main, "round")
    pocket = upright(half * 0.75, 0.56, 0.88)
    seam = [(pocket[0], top + 0.22), (0.5, top + 0.18), (pocket[2], top + 0.22)]
    canvas.line(seam, 0.012, mix(look.main, DARK, 0.6))
    colour = look.accent if look.choice(5, 2) else mix(look.main, WHITE, 0.12)
    brand = partial(Pen.text, at=(0.5, 0.72), text=look.brand.upper(), size=0.05, fill=ink_on(colour), room=0.3)
    canvas.rect(pocket, colour, "round", 0.03, decorate=brand)
    canvas.line([(pocket[0] + 0.02, 0.62), (pocket[2] - 0.02, 0.62)], 0.01, mix(colour, DARK, 0.6))
    canvas.rect((0.56, 0.61, 0.58, 0.66), STEEL, "metal")
    name = partial(Pen.text, at=(0.5, top + 0.1), text=look.name, size=0.035, fill=DARK, room=0.12)
    canvas.rect((0.43, top + 0.07, 0.57, top + 0.13), WHITE, "flat", 0.008, decorate=name)


def handbag(canvas: Canvas, look: Look) -> None:
    half, top = look.between(0, 0.24, 0.34), look.between(1, 0.42, 0.5)
    handle, thick = upright(half * 0.7, 0.1, top + 0.28), look.between(2, 0.018, 0.035)
    canvas.part(lambda pen: pen.arc(handle, 180, 360, thick, 255), mix(look.main, DARK, 0.25), "lying")
    left, right = 0.5 - half, 0.5 + half
    rim = [(0.5 - half * 0.86, top), (0.5 + half * 0.86, top)]
    canvas.polygon([*rim, (right, 0.88), (right - 0.03, 0.9), (left + 0.03, 0.9), (left, 0.88)], look.main, "round")
    low = look.between(3, 0.6, 0.74)
    edge = ((-0.87, top - 0.01), (0, top - 0.015), (0.87, top - 0.01), (0.8, low - 0.06), (0, low), (-0.8, low - 0.06))
    flap = smooth([(0.5 + half * x, y) for x, y in edge])
    canvas.polygon(flap, mix(look.main, look.accent, 0.5 * look.choice(4, 2)), "cloth")
    canvas.rect((0.46, low - 0.05, 0.54, low + 0.02), (206, 168, 92), "metal", 0.012)
    for turn in range(16):
        x = 0.5 - half * 0.9 + turn * half * 0.12
        canvas.line([(x, 0.865), (x + half * 0.06, 0.865)], 0.004, mix(look.main, WHITE, 0.4))


def _case_print(look: Look, box: tuple[float, float, float, float]) -> object:
    left, top, right, bottom = box

    def decorate(pen: Pen) -> None:
        kind = look.choice(8, 4)
        rng = np.random.default_rng(int(look.traits[9] * 2**31))
        for turn in range(24):
            x, y, r = rng.uniform(left, right), rng.uniform(top + 0.12, bottom), rng.uniform(0.012, 0.05)
            shade = mix(look.accent, WHITE, rng.random() * 0.7)
            if kind == 0:
                pen.ellipse(around(x, y, r), shade)
            elif kind == 1:
                pen.line([(left, y), (right, y + 0.1)], r * 0.5, shade)
            elif kind == 2 and turn < 12:
                for petal in range(5):
                    a, b = x + r * np.cos(petal * 1.26), y + r * np.sin(petal * 1.26)
                    pen.ellipse((a - r * 0.6, b - r * 0.6, a + r * 0.6, b + r * 0.6), shade)
                pen.ellipse((x - r * 0.5, y - r * 0.5, x + r * 0.5, y + r * 0.5), look.main)
        pen.text(((left + right) / 2, 0.62), look.brand if kind == 3 else look.name, 0.06, ink_on(look.main), 0.24)
        pen.text(((left + right) / 2, 0.86), look.variant, 0.035, ink_on(look.main), 0.2)

    return decorate


def phone(canvas: Canvas, look: Look) -> None:
    box = (0.33, 0.07, 0.67, 0.93)
    canvas.rect((0.322, 0.062, 0.678, 0.938), mix(look.main, DARK, 0.5), "round", 0.055)
    canvas.rect(box, look.main, "flat", 0.05, decorate=_case_print(look, box))
    wide = look.between(2, 0.09, 0.15)
    canvas.rect((0.36, 0.1, 0.36 + wide, 0.1 + look.between(3, 0.1, 0.18)), DARK, "flat", 0.025)
    for turn in range(2 + look.choice(4, 2)):
        x, y = 0.385 + 0.045 * (turn % 2), 0.13 + 0.05 * (turn // 2)
        canvas.ellipse((x - 0.018, y - 0.018, x + 0.018, y + 0.018), (70, 76, 92), "ball")


def headphones(canvas: Canvas, look: Look) -> None:
    band = look.between(0, 0.03, 0.05)
    canvas.part(lambda pen: pen.arc((0.2, 0.12, 0.8, 0.9), 180, 360, band, 255), look.main, "lying")
    inner = mix(look.main, DARK, 0.5)
    canvas.part(lambda pen: pen.arc((0.23, 0.155, 0.77, 0.85), 205, 335, band * 0.6, 255), inner, "lying")
    for side in (-1, 1):
        x = 0.5 + side * 0.29
        canvas.rect((x - 0.018, 0.46, x + 0.018, 0.58), STEEL, "metal", 0.008)
        canvas.ellipse(upright(0.055, 0.53, 0.85, x - side * 0.06), DARK, "ball")
        ring = partial(Pen.ring, box=upright(0.045, 0.6, 0.78, x), width=0.01, fill=look.accent)
        canvas.ellipse(upright(0.075, 0.51, 0.87, x), look.main, "ball", decorate=ring)
        canvas.part(partial(Pen.text, at=(x, 0.69), text=look.brand[:1], size=0.07, fill=255), look.accent)


def charger(canvas: Canvas, look: Look) -> None:
    body, half = (WHITE, DARK)[look.choice(0, 2)], look.between(1, 0.11, 0.15)
    outer = path("0.6 0.6  0.78 0.56  0.86 0.7  0.74 0.84  0.5 0.86  0.3 0.84  0.2 0.9")
    cable = smooth([*outer, *path("0.3 0.87  0.5 0.89  0.76 0.87  0.89 0.7  0.8 0.53  0.6 0.575")])
    canvas.polygon(cable, mix(body, look.accent, 0.35), "flat")
    for x in (0.42, 0.52):
        canvas.rect((x, 0.1, x + 0.03, 0.24), STEEL, "metal", 0.01)

    def decorate(pen: Pen) -> None:
        pen.text((0.485, 0.36), look.brand, 0.05, ink_on(body), half * 1.6)
        pen.text((0.485, 0.46), look.variant, 0.05, look.accent, half * 1.5)

    canvas.rect(upright(half, 0.22, 0.7, 0.485), body, "round", 0.035, decorate=decorate)
    for turn in range(1 + look.choice(3, 2)):
        canvas.rect((0.45, 0.55 + 0.06 * turn, 0.52, 0.575 + 0.06 * turn), look.main, "flat", 0.005)


def watch(canvas: Canvas, look: Look) -> None:
    strap, rim = look.main, (STEEL, (206, 168, 92), DARK)[look.choice(2, 3)]
    for points in ("0.41 0.04  0.59 0.04  0.62 0.36  0.38 0.36", "0.38 0.64  0.62 0.64  0.58 0.96  0.42 0.96"):
        canvas.polygon(path(points), strap, "round")
    for turn in range(4):
        canvas.ellipse((0.49, 0.74 + turn * 0.05, 0.51, 0.76 + turn * 0.05), mix(strap, DARK, 0.6))
    canvas.rect((0.7, 0.47, 0.74, 0.53), rim, "metal", 0.01)
    face = (WHITE, DARK, mix(look.accent, DARK, 0.3))[look.choice(3, 3)]
    digital, ink = look.choice(4, 2), ink_on(face)

    def dial(pen: Pen) -> None:
        if digital:
            pen.text((0.5, 0.48), f"{10 + look.choice(5, 12)}:{10 + look.choice(6, 49)}", 0.13, ink, 0.3)
        else:
            for hour in range(12):
                a, b = np.sin(hour * np.pi / 6), -np.cos(hour * np.pi / 6)
                pen.line([(0.5 + a * 0.13, 0.5 + b * 0.13), (0.5 + a * 0.155, 0.5 + b * 0.155)], 0.01, ink)
            pen.line([(0.5, 0.5), (0.44, 0.43)], 0.014, ink)
            pen.line([(0.5, 0.5), (0.59, 0.42)], 0.009, look.accent)
        pen.text((0.5, 0.585), look.brand, 0.03, ink, 0.2)

    if look.choice(7, 2):
        canvas.rect((0.29, 0.29, 0.71, 0.71), rim, "metal", 0.07)
        canvas.rect((0.32, 0.32, 0.68, 0.68), face, "flat", 0.05, decorate=dial)
    else:
        canvas.ellipse((0.28, 0.28, 0.72, 0.72), rim, "metal")
        canvas.ellipse((0.315, 0.315, 0.685, 0.685), face, "flat", decorate=dial)
