"""Policy files: every fault with its line and its mending; classes with a clock; both forms."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.policy import (
    Basis,
    Fault,
    PolicyInvalid,
    Trigger,
    find_faults,
    read_policy,
)
from relay.policy.model import FORMS
from relay.policy.places import lines_of
from relay.texts import keys

POLICIES = Path("policies")
DEMO = (POLICIES / "demo.toml").read_text("utf-8")
BROKEN = """version = 0
published = "soon"
disclosure = "all"
colour = "blue"
[site]
name = ""
url = "annonces.example"
timezone = "Mars/Olympus"
[retention.messages]
active_days = -1
[retention.traces]
trigger = "listing_ended"
active_days = 0
[retention.listings]
trigger = "listing_ended"
active_days = 30
archive_days = 700
[[promises]]
row = 15
said = "Un an"
outcome = "executed"
"""


def places(source: str) -> set[tuple[int, str]]:
    """Return line and place of every fault."""
    return {(fault.line, fault.place) for fault in find_faults(source)}


def changed(old: str, new: str) -> str:
    """Return the demonstration policy with a change."""
    assert old in DEMO
    return DEMO.replace(old, new)


def test_every_fault_at_once_with_its_line() -> None:
    """All faults of a file are told together, each at the line where it is mended."""
    assert places(BROKEN) == {
        (1, "controller"),
        (1, "version"),
        (2, "published"),
        (3, "disclosure"),
        (4, "colour"),
        (6, "site.name"),
        (7, "site.url"),
        (8, "site.timezone"),
        (10, "retention.messages.active_days"),
        (11, "retention.traces"),
        (14, "retention.listings"),
        (18, "promises.0"),
    }


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_fault_says_how_to_mend_it(language: str) -> None:
    """A fault is a sentence of ours in both languages, not a library's, and shows no pattern."""
    for fault in find_faults(BROKEN):
        assert fault.code != "fault_other", fault
        assert f"{fault.line}" in fault.said(language)
        assert "^" not in fault.said(language)


def test_refused_as_lines() -> None:
    """A policy with faults is refused with one line per fault, in the order of the file."""
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(BROKEN)
    told = [
        int(line.split(":")[0].removeprefix("line ")) for line in str(refused.value).split("\n")
    ]
    assert told == sorted(told)
    assert len(told) == len(find_faults(BROKEN))


@pytest.mark.parametrize(
    ("source", "line"), [("version = \n", 1), ("a = 1\n[b\n", 2), ("a = [", 1)]
)
def test_not_toml(source: str, line: int) -> None:
    """A file that is not TOML is told with its line."""
    [fault] = find_faults(source)
    assert (fault.code, fault.line) == ("not_toml", line)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("archive_days = 3\n", "fault_archive_ground"),
        ('trigger = "listing_ended"\n', "fault_most_days"),
        ("most_days = 5\n", "fault_most_days_twice"),
    ],
)
def test_classes_that_contradict_themselves(change: str, code: str) -> None:
    """A retention class without an end, with two, or archived for no ground is refused."""
    source = changed("[retention.messages]\n", f"[retention.messages]\n{change}")
    assert [fault.code for fault in find_faults(source)] == [code]


def test_nothing_left_to_fill_in_is_published() -> None:
    """The template of the sister sites is no policy: each place still empty is told by its line."""
    template = (POLICIES / "sister-site.toml.template").read_text("utf-8")
    faults = find_faults(template)
    assert {fault.code for fault in faults} == {"fault_unfilled"}
    lines = template.splitlines()
    empty = {n for n, line in enumerate(lines, 1) if "{" in line and "=" in line.partition("{")[0]}
    promised = {n for n, line in enumerate(lines, 1) if line.startswith("  {row")}
    assert {fault.line for fault in faults} == empty - promised


@pytest.mark.parametrize("code", ["UK", "fr", "ZZ", "France"])
def test_a_region_nobody_numbers_phones_in_is_refused(code: str) -> None:
    """A national number is read by its country's plan; a country that is none would guess."""
    source = changed('region = "FR"', f'region = "{code}"')
    assert [fault.code for fault in find_faults(source)] == ["fault_country"]


def test_a_promise_needs_its_proof_or_its_reason() -> None:
    """An executed promise names its proof, a refused one its reason, and none is answered twice."""
    source = DEMO.replace(
        "[site]",
        "promises = [\n"
        '  {row = 1, said = "a", outcome = "executed"},\n'
        '  {row = 2, said = "b", outcome = "refused"},\n'
        "]\n[site]",
        1,
    )
    assert [fault.code for fault in find_faults(source)] == [
        "fault_proof_missing",
        "fault_why_missing",
    ]
    lines = source.splitlines()
    told = [lines[fault.line - 1].strip()[:8] for fault in find_faults(source)]
    assert told == ["{row = 1", "{row = 2"]


def test_both_forms_of_retention_agree() -> None:
    """The two numbers of the first form, and the tables, read the same."""
    numbers = DEMO.partition("[retention.messages]")[0] + "[retention]\nmessage_days = 180\n"
    tables = changed('active_days = 365\nbasis = "contract"', "active_days = 180")
    one, other = read_policy(numbers).retention, read_policy(tables).retention
    assert one.message_days == other.message_days == one.messages.days == 180
    assert one.trace_days == other.trace_days == 365
    assert one.traces.basis is other.traces.basis is Basis.LEGITIMATE_INTEREST


def test_two_numbers_that_differ_are_refused() -> None:
    """A number beside a table that says otherwise is a fault."""
    source = changed("[retention.messages]", "[retention]\nmessage_days = 1\n[retention.messages]")
    assert [fault.code for fault in find_faults(source)] == ["fault_days_differ"]


def test_the_archive_counts() -> None:
    """What is kept in the archive counts into the latest end people are told."""
    retention = read_policy((POLICIES / "1000-annonces.toml").read_text("utf-8")).retention
    assert (retention.trace_days, retention.traces.active_days) == (730, 365)


def test_what_goes_with_the_listing_has_a_latest_end() -> None:
    """The latest end people are told is counted from receipt, whatever becomes of the listing."""
    retention = read_policy((POLICIES / "zone-visio.toml").read_text("utf-8")).retention
    assert retention.traces.trigger is Trigger.LISTING_ENDED
    assert (retention.trace_days, retention.traces.days) == (365, 0)


def test_every_sentence_has_a_use() -> None:
    """No sentence about faults is left over: each belongs to a fault that can happen."""
    ours = {
        "timezone", "archive_ground", "most_days", "most_days_twice", "no_day", "receipt_only",
        "listing_only", "days_differ", "proof_missing", "why_missing", "promise_twice", "other",
        "country", "unfilled",
        *FORMS,
    }  # fmt: skip
    theirs = {
        "missing", "extra_forbidden", "enum", "literal_error", "int_type", "int_parsing",
        "int_from_float", "bool_type", "bool_parsing", "string_type", "string_too_short",
        "string_too_long", "greater_than_equal", "less_than_equal",
        "too_short", "date_type", "date_from_datetime_parsing",
    }  # fmt: skip
    told = {
        key.removeprefix("policy.fault_") for key in keys("en") if key.startswith("policy.fault_")
    }
    assert told == ours | theirs
    assert {key for key in keys("fr") if key.startswith("policy.")} == {
        key for key in keys("en") if key.startswith("policy.")
    }


def test_lines_of_a_real_file() -> None:
    """Every key of a policy file is found at the line where it stands."""
    lines = DEMO.splitlines()
    for place, number in lines_of(DEMO).items():
        assert str(place[-1]) in lines[number - 1]
    assert len(lines_of(DEMO)) >= len(tomllib.loads(DEMO))


@given(st.text(max_size=300))
def test_any_text_is_a_policy_or_has_faults(text: str) -> None:
    """Whatever stands in a file, the answer is a policy or a list of faults."""
    faults = find_faults(text)
    assert faults
    assert all(isinstance(fault, Fault) and fault.line >= 1 for fault in faults)
