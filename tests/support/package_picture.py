"""Draws docs/images/packages.svg, the packages and their imports, for ARCHITECTURE.md.

    python -m tests.support.package_picture     writes the picture

A box is a folder of modules, or a module next to such folders that imports one of them. An arrow
points at what is imported; one that other arrows imply is left out."""

from pathlib import Path

import grimp
import networkx as nx

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs/images/packages.svg"
LIBRARIES = ("ray", "mlflow", "optuna")  # each is imported by one package, which is named after it
FILLS = {"sweeper": "#dbe9f6", "trainers": "#e3f1de", "search_spaces": "#fbe6cf"}
WIDTH, ROW, BOX_W, BOX_H = 1040, 74, 124, 30  # pixels


def package_imports() -> nx.DiGraph:
    """Which box imports which, as names such as `sweeper/engine`; `uses`: a box's libraries."""
    modules = grimp.build_graph(*FILLS, include_external_packages=True)
    graph = nx.DiGraph()
    for importer in modules.modules:
        for imported in modules.find_modules_directly_imported_by(importer):
            start, end = _box(importer), _box(imported)
            if imported in LIBRARIES:
                graph.add_node(start, uses=imported)
            elif start != end and end.split("/")[0] in FILLS and "/" in start and "/" in end:
                graph.add_edge(start, end)
    while helpers := [box for box in graph if _is_module(box) and not any(graph.successors(box))]:
        graph.remove_nodes_from(helpers)
    reduced = nx.transitive_reduction(graph)
    reduced.add_nodes_from(graph.nodes(data=True))
    return reduced


def draw(graph: nx.DiGraph) -> str:
    """The picture of a graph without circles: what is imported stands below its importers."""
    places = _places(graph)
    height = int(max(y for _, y in places.values())) + BOX_H + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="13">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        *(_arrow(places[start], places[end]) for start, end in sorted(graph.edges)),
        *(
            _drawn_box(name, *place, graph.nodes[name].get("uses"))
            for name, place in sorted(places.items())
        ),
        *(_drawn_box(f"{top}/{top}", BOX_W / 2 + 8, 24 + 40 * n) for n, top in enumerate(FILLS)),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _box(module: str) -> str:
    return "/".join(module.split(".")[:2])


def _is_module(box: str) -> bool:
    return not (ROOT / box).is_dir()


def _places(graph: nx.DiGraph) -> dict[str, tuple[float, float]]:
    """The middle of each box: a row by the longest chain of imports below it, and in a row the
    order of the boxes that import it."""
    rows = list(nx.topological_generations(graph.reverse()))
    places: dict[str, tuple[float, float]] = {}
    for depth, row in enumerate(reversed(rows)):
        xs = {name: [places[user][0] for user in graph.predecessors(name)] for name in row}
        ordered = sorted(row, key=lambda name: (sum(xs[name]) / max(1, len(xs[name])), name))
        step = WIDTH / len(ordered)
        for place, name in enumerate(ordered):
            places[name] = ((place + 0.5) * step, 24 + depth * ROW)
    return places


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x, y), (to_x, to_y) = start, end
    y, to_y = y + BOX_H / 2, to_y - BOX_H / 2
    middle = (y + to_y) / 2
    path = f"M{x:.0f} {y:.0f}C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y:.0f}"
    return f'<path d="{path}" fill="none" stroke="#888" marker-end="url(#tip)"/>'


def _drawn_box(name: str, x: float, y: float, library: str | None = None) -> str:
    top, _, label = name.rpartition("/")
    if library:
        label += f" ({library})"
    return (
        f'<rect x="{x - BOX_W / 2:.0f}" y="{y - BOX_H / 2:.0f}" width="{BOX_W}" height="{BOX_H}" '
        f'rx="4" fill="{FILLS[top]}" stroke="#555"/>'
        f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle">{label}</text>'
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(package_imports()), encoding="utf-8")
