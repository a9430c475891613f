"""The link graph: two hops at most, fifty nodes at most, what many share leads no further."""

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from relay.graph import Name, build, draw, labelled, table

PHONE: Name = ("phone", b"1")
MAIL: Name = ("mailbox", b"2")
IP: Name = ("ip", b"3")
FAR: Name = ("phone", b"4")
FARTHER: Name = ("mailbox", b"5")
NAMES = st.tuples(st.sampled_from(["phone", "mailbox", "ip"]), st.binary(min_size=1, max_size=1))


def test_hops_are_counted() -> None:
    """A phone's mailbox is one hop away, the mailbox's other phone two, and there it ends."""
    graph = build(PHONE, [(PHONE, MAIL), (MAIL, FAR), (FAR, FARTHER)])
    assert {node.name: node.hop for node in graph.nodes} == {PHONE: 0, MAIL: 1, FAR: 2}


def test_a_link_weighs_its_messages() -> None:
    """The weight of a link is how many messages bear both ends."""
    graph = build(PHONE, [(PHONE, MAIL)] * 3 + [(PHONE, IP)])
    assert [(edge.other, edge.weight) for edge in graph.edges] == [(MAIL, 3), (IP, 1)]


def test_what_is_shared_leads_no_further() -> None:
    """Through an address of many nobody is linked; it is marked itself."""
    graph = build(PHONE, [(PHONE, IP), (IP, FAR)], shared={IP})
    assert {node.name: node.is_shared for node in graph.nodes} == {PHONE: False, IP: True}


def test_a_shared_middle_shows_its_own() -> None:
    """Who looks up a shared address sees what is behind it, one hop."""
    graph = build(IP, [(PHONE, IP), (IP, FAR)], shared={IP})
    assert {node.name for node in graph.nodes} == {IP, PHONE, FAR}


def test_the_nearest_and_strongest_stay() -> None:
    """Of more than fifty nodes the first hop and the heaviest stay, and the rest is counted."""
    many = [(PHONE, ("mailbox", bytes([n]))) for n in range(80)]
    graph = build(PHONE, [*many, (PHONE, ("mailbox", bytes([79])))])
    assert (len(graph.nodes), graph.left_out) == (50, 31)
    assert graph.nodes[1].name == ("mailbox", bytes([79]))


def test_the_picture_says_what_the_table_says() -> None:
    """Every node is a link with its label, every edge a line; a shared one is thin."""
    graph = build(PHONE, [(PHONE, MAIL), (PHONE, IP)], shared={IP})
    named = labelled(graph, {MAIL: 'j***@"<ex>…'}, blocked={MAIL})
    picture = draw(named, "Liens & nœuds", lambda node: f"/s?k={node.name[0]}&x=1")
    root = ET.fromstring(picture)
    space = "{http://www.w3.org/2000/svg}"
    classes = {mark.get("class") for mark in root.iter(f"{space}a")}
    texts = [text.text for text in root.iter(f"{space}text")]
    assert classes == {"node phone middle", "node ip shared", "node mailbox blocked"}
    assert 'j***@"<ex>… · 1' in texts
    assert len(list(root.iter(f"{space}line"))) == len(table(named)) == 2


def test_the_picture_has_no_style_of_its_own() -> None:
    """The page's policy allows no inline style or script."""
    picture = draw(build(PHONE, [(PHONE, MAIL)]), "Liens", lambda _: "/")
    assert "style" not in picture
    assert "script" not in picture


@given(st.lists(st.frozensets(NAMES, max_size=5), max_size=60), NAMES)
def test_any_messages_can_be_drawn(messages: list[frozenset[Name]], middle: Name) -> None:
    """Whatever was seen together, the picture is whole, within two hops and fifty nodes."""
    graph = build(middle, messages)
    ET.fromstring(draw(graph, "Liens", lambda _: "/"))
    assert len(graph.nodes) <= 50
    assert {node.hop for node in graph.nodes} <= {0, 1, 2}
    assert len({node.name for node in graph.nodes}) == len(graph.nodes)
