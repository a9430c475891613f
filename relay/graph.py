"""How a sender's phones, mailboxes, addresses, browsers and texts hang together (pure).

Two hops at most from what was looked up; a key many persons share (an office, a train, a phone
network) is drawn thin and leads no further. The picture is SVG of 50 nodes at most, without style
or script of its own; the same is in ``table``.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape

NODES_MOST = 50
SHARED_FROM = 21  # phones on one address: more than twenty
_WIDTH, _HEIGHT, _MARGIN = 880, 560, 90
_RINGS = (0.0, 0.52, 1.0)
_THICK_MOST = 6.0

Name = tuple[str, bytes]
"""Kind and key of a node: ``("phone", b"…")``."""


@dataclass(frozen=True, slots=True)
class Node:
    """One key.

    Args:
        weight: Messages it was seen in.
        hop: 0 for what was looked up, 1 and 2 around it.
        is_shared: More than twenty phones use it: no ground for a decision by itself.
        label: Masked, as it may be shown; "" until ``labelled``.
    """

    name: Name
    weight: int
    hop: int
    is_shared: bool
    is_blocked: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """Two keys in the same messages, *weight* of them; the first is nearer to the middle."""

    one: Name
    other: Name
    weight: int


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes, the middle first, and their edges, the strongest first.

    Args:
        left_out: Nodes for which there was no room.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    left_out: int


@dataclass(slots=True)
class _Counts:
    nodes: Counter[Name] = field(default_factory=Counter)
    pairs: Counter[tuple[Name, Name]] = field(default_factory=Counter)
    near: dict[Name, set[Name]] = field(default_factory=dict)

    def add(self, names: Collection[Name]) -> None:
        self.nodes.update(names)
        for one in names:
            self.near.setdefault(one, set()).update(other for other in names if other != one)
            self.pairs.update((one, other) for other in names if other != one)


def build(
    middle: Name,
    messages: Sequence[Collection[Name]],
    *,
    shared: Collection[Name] = (),
    most: int = NODES_MOST,
) -> Graph:
    """Link what was seen together.

    Args:
        messages: The keys of each message, each message once.
        shared: Keys that more than twenty phones use.
    """
    counts = _Counts()
    for names in messages:
        counts.add(frozenset(names))
    hops = _hops(middle, counts, frozenset(shared))
    ranked = sorted(hops, key=lambda name: (hops[name], -counts.nodes[name], name))
    kept = ranked[:most]
    nodes = tuple(Node(name, counts.nodes[name], hops[name], name in shared) for name in kept)
    return Graph(nodes, _edges(kept, hops, counts), len(ranked) - len(kept))


def labelled(graph: Graph, labels: Mapping[Name, str], blocked: Collection[Name] = ()) -> Graph:
    """Return the graph with what may be shown of each node, and which of them are blocked."""
    nodes = tuple(
        replace(node, label=labels.get(node.name, ""), is_blocked=node.name in blocked)
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes)


def table(graph: Graph) -> list[tuple[Node, Node, int]]:
    """Return the edges with their nodes, for a table or a CSV beside the picture."""
    by_name = {node.name: node for node in graph.nodes}
    return [(by_name[edge.one], by_name[edge.other], edge.weight) for edge in graph.edges]


def draw(graph: Graph, title: str, href: Callable[[Node], str]) -> str:
    """Return the picture as SVG: classes only, colours are the page's.

    It is a group, since it holds links, which an image may not.

    Args:
        title: What a screen reader calls it; the table says the rest.
        href: Address of the page of a node.
    """
    places = _places(graph)
    heaviest = max((edge.weight for edge in graph.edges), default=1)
    lines = [_line(edge, places, heaviest, graph) for edge in graph.edges]
    marks = [_mark(node, *places[node.name], href(node)) for node in graph.nodes]
    heights = [y for _, y in places.values()]
    top, foot = min(heights) - _MARGIN / 2, max(heights) + _MARGIN / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" role="group"'
        f' aria-labelledby="graph-title" viewBox="0 {top:g} {_WIDTH} {foot - top:g}">'
        f'<title id="graph-title">{escape(title)}</title>'
        f"{''.join(lines)}{''.join(marks)}</svg>"
    )


def _hops(middle: Name, counts: _Counts, shared: frozenset[Name]) -> dict[Name, int]:
    hops, edge = {middle: 0}, {middle}
    for hop in (1, 2):
        leads = {one for one in edge if one == middle or one not in shared}
        edge = {other for one in leads for other in counts.near.get(one, ())} - hops.keys()
        hops.update(dict.fromkeys(edge, hop))
    return hops


def _edges(kept: Sequence[Name], hops: Mapping[Name, int], counts: _Counts) -> tuple[Edge, ...]:
    """Return the links from each hop to the next; within a hop they would only fill the picture."""
    shown = set(kept)
    found = [
        Edge(one, other, counts.pairs[one, other])
        for one in kept
        for other in counts.near.get(one, ())
        if other in shown and hops[other] == hops[one] + 1
    ]
    return tuple(sorted(found, key=lambda edge: (-edge.weight, edge.one, edge.other)))


def _places(graph: Graph) -> dict[Name, tuple[float, float]]:
    """Put hop 1 on an inner ring and hop 2 on an outer one, near what leads there."""
    turns: dict[Name, float] = {}
    for hop in (0, 1, 2):
        ring = [node for node in graph.nodes if node.hop == hop]
        wanted = {node.name: _turn_of_parents(node.name, graph, turns) for node in ring}
        ring.sort(key=lambda node: (wanted[node.name], node.name))
        for at, node in enumerate(ring):
            turns[node.name] = (at + hop / 2) / len(ring)
    by_name = {node.name: node.hop for node in graph.nodes}
    return {name: _point(turn, _RINGS[by_name[name]]) for name, turn in turns.items()}


def _turn_of_parents(name: Name, graph: Graph, turns: Mapping[Name, float]) -> float:
    known = [turns[edge.one] for edge in graph.edges if edge.other == name and edge.one in turns]
    return sum(known) / len(known) if known else 0.0


def _point(turn: float, ring: float) -> tuple[float, float]:
    angle = 2 * math.pi * turn
    wide, high = (_WIDTH / 2 - _MARGIN) * ring, (_HEIGHT / 2 - _MARGIN / 2) * ring
    return round(_WIDTH / 2 + wide * math.cos(angle), 1), round(
        _HEIGHT / 2 + high * math.sin(angle), 1
    )


def _line(
    edge: Edge, places: Mapping[Name, tuple[float, float]], heaviest: int, graph: Graph
) -> str:
    (x1, y1), (x2, y2) = places[edge.one], places[edge.other]
    ends = {edge.one, edge.other}
    thin = any(node.is_shared for node in graph.nodes if node.name in ends)
    width = 0.75 if thin else round(1 + (_THICK_MOST - 1) * edge.weight / heaviest, 2)
    kind = "edge shared" if thin else "edge"
    return (
        f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke-width="{width}">'
        f"<title>{edge.weight}</title></line>"
    )


def _mark(node: Node, x: float, y: float, address: str) -> str:
    kinds = ["node", node.name[0]]
    kinds += ["middle"] if node.hop == 0 else []
    kinds += ["shared"] if node.is_shared else []
    kinds += ["blocked"] if node.is_blocked else []
    radius = round(5 + 2 * math.log2(1 + node.weight), 1)
    label = f"{node.label} · {node.weight}" if node.label else str(node.weight)
    return (
        f'<a class="{" ".join(kinds)}" href="{escape(address)}">'
        f'<circle cx="{x}" cy="{y}" r="{radius}"/>'
        f'<text x="{x}" y="{round(y + radius + 14, 1)}" text-anchor="middle">{escape(label)}</text>'
        f"</a>"
    )
