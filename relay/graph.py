"""How a sender's phones, mailboxes, addresses, browsers and texts hang together (pure).

Two hops at most from what was looked up; a key many persons share (an office, a train, a phone
network) is drawn thin and leads no further. The picture is SVG of 50 nodes at most, without style
or script of its own; the same is in ``table``.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import chain, product

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
    seen = [frozenset(names) for names in messages]
    weights = Counter(chain.from_iterable(seen))
    hops = _hops(middle, seen, frozenset(shared))
    ranked = sorted(hops, key=lambda name: (hops[name], -weights[name], name))
    kept = {name: hops[name] for name in ranked[:most]}
    nodes = tuple(Node(name, weights[name], hop, name in shared) for name, hop in kept.items())
    return Graph(nodes, _edges(kept, seen), len(ranked) - len(kept))


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
    shared = {node.name for node in graph.nodes if node.is_shared}
    lines = [_line(edge, places, heaviest, shared) for edge in graph.edges]
    marks = [_mark(node, *places[node.name], href(node)) for node in graph.nodes]
    heights = [y for _, y in places.values()]
    top, foot = min(heights) - _MARGIN / 2, max(heights) + _MARGIN / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" role="group"'
        f' aria-labelledby="graph-title" viewBox="0 {top:g} {_WIDTH} {foot - top:g}">'
        f'<title id="graph-title">{escape(title)}</title>'
        f"{''.join(lines)}{''.join(marks)}</svg>"
    )


def _hops(
    middle: Name, seen: Sequence[frozenset[Name]], shared: frozenset[Name]
) -> dict[Name, int]:
    hops, edge = {middle: 0}, {middle}
    for hop in (1, 2):
        leads = {one for one in edge if one == middle or one not in shared}
        found: set[Name] = set().union(*(names for names in seen if not leads.isdisjoint(names)))
        edge = found - hops.keys()
        hops.update(dict.fromkeys(edge, hop))
    return hops


def _edges(hops: Mapping[Name, int], seen: Sequence[frozenset[Name]]) -> tuple[Edge, ...]:
    """Return the links from each hop to the next; within a hop they would only fill the picture."""
    pairs: Counter[tuple[Name, Name]] = Counter()
    shown = hops.keys()
    for names in seen:
        rings: tuple[list[Name], ...] = ([], [], [])
        for name in names & shown:
            rings[hops[name]].append(name)
        pairs.update(product(rings[0], rings[1]))
        pairs.update(product(rings[1], rings[2]))
    found = (Edge(one, other, weight) for (one, other), weight in pairs.items())
    return tuple(sorted(found, key=lambda edge: (-edge.weight, edge.one, edge.other)))


def _places(graph: Graph) -> dict[Name, tuple[float, float]]:
    """Put hop 1 on an inner ring and hop 2 on an outer one, near what leads there."""
    turns: dict[Name, float] = {}
    parents: dict[Name, list[Name]] = {}
    for edge in graph.edges:
        parents.setdefault(edge.other, []).append(edge.one)
    for hop in (0, 1, 2):
        ring = [node for node in graph.nodes if node.hop == hop]
        wanted = {node.name: _mean_turn(parents.get(node.name, ()), turns) for node in ring}
        ring.sort(key=lambda node: (wanted[node.name], node.name))
        for at, node in enumerate(ring):
            turns[node.name] = (at + hop / 2) / len(ring)
    by_name = {node.name: node.hop for node in graph.nodes}
    return {name: _point(turn, _RINGS[by_name[name]]) for name, turn in turns.items()}


def _mean_turn(names: Collection[Name], turns: Mapping[Name, float]) -> float:
    known = [turns[name] for name in names if name in turns]
    return sum(known) / len(known) if known else 0.0


def _point(turn: float, ring: float) -> tuple[float, float]:
    angle = 2 * math.pi * turn
    wide, high = (_WIDTH / 2 - _MARGIN) * ring, (_HEIGHT / 2 - _MARGIN / 2) * ring
    return round(_WIDTH / 2 + wide * math.cos(angle), 1), round(
        _HEIGHT / 2 + high * math.sin(angle), 1
    )


def _line(
    edge: Edge,
    places: Mapping[Name, tuple[float, float]],
    heaviest: int,
    shared: Collection[Name],
) -> str:
    (x1, y1), (x2, y2) = places[edge.one], places[edge.other]
    thin = edge.one in shared or edge.other in shared
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
