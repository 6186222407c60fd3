"""The picture of the architecture: the page's list of arrows, in layers, as an SVG."""

import io

import networkx as nx
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from docs.generate.packages import _ARROWS, Arrow, arrows_on_page

_STRONG, _FAINT, _INK, _BOX = "#2b6777", "#d5dee4", "#22333b", "#eaf1f4"


def place_parts(arrows: set[Arrow]) -> dict[str, tuple[float, float]]:
    """Where each part stands: in layers, so that arrows point down, and below the middle of who needs it."""
    graph = nx.DiGraph(sorted(arrows))
    needed, place = nx.transitive_reduction(graph), {}
    for row, layer in enumerate(nx.topological_generations(graph)):
        above = {part: [place[other][0] for other in needed.predecessors(part)] or [5.0] for part in layer}
        order = sorted(layer, key=lambda part, above=above: (sum(above[part]) / len(above[part]), part))
        place |= {part: ((column + 0.5) / len(order) * 10, -row * 1.25) for column, part in enumerate(order)}
    return place


def draw(arrows: set[Arrow]) -> str:
    """An SVG. Arrows that others imply are faint: who uses a part may use what that part uses."""
    place = place_parts(arrows)
    depth = -min(y for _, y in place.values())
    needed = set(nx.transitive_reduction(nx.DiGraph(sorted(arrows))).edges)
    figure = Figure(figsize=(9, 0.5 * depth + 1.2), layout="constrained")
    axes = figure.add_subplot()
    for arrow in sorted(arrows, key=lambda each: each in needed):
        hue = _STRONG if arrow in needed else _FAINT
        bend = "arc3,rad=0.06" if arrow in needed else "arc3,rad=0.18"
        ends = {"posA": place[arrow[0]], "posB": place[arrow[1]]}
        style = {"arrowstyle": "-|>", "mutation_scale": 9, "shrinkA": 12, "shrinkB": 12, "linewidth": 0.9}
        axes.add_patch(FancyArrowPatch(**ends, **style, color=hue, connectionstyle=bend, zorder=1 + (arrow in needed)))
    for part, (x, y) in place.items():
        box = {"boxstyle": "round,pad=0.35", "facecolor": _BOX, "edgecolor": _STRONG, "linewidth": 0.8}
        axes.text(x, y, part, ha="center", va="center", fontsize=9, color=_INK, bbox=box, zorder=5)
    axes.set(xlim=(0, 10), ylim=(-depth - 0.6, 0.6))
    axes.axis("off")
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()[stream.getvalue().index("<svg") :]


def draw_arrows(markdown: str) -> str:
    """The page with the picture above its list of arrows."""
    flat = " ".join(draw(arrows_on_page(markdown)).split())
    figure = f'<div class="kembar-figure" role="img" aria-label="the arrows listed below, drawn">{flat}</div>\n\n'
    return _ARROWS.sub(lambda block: figure + "```text\n" + block[1] + "```", markdown)
