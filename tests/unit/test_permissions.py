"""Roles and permissions: one table, read as it is written."""

from hypothesis import given
from hypothesis import strategies as st

from relay.permissions import TABLE, Level, Permission, Role, level

roles = st.frozensets(st.sampled_from(Role))


def test_the_table_is_full() -> None:
    """Every role has a level for every permission."""
    assert set(TABLE) == {(role, permission) for role in Role for permission in Permission}


@given(roles, st.sampled_from(Permission))
def test_roles_add_up(held: frozenset[Role], permission: Permission) -> None:
    """Several roles reach as far as the widest of them; none reaches nowhere."""
    assert level(held, permission) == max(
        (TABLE[role, permission] for role in held), default=Level.NO
    )


@given(roles, roles, st.sampled_from(Permission))
def test_another_role_takes_nothing_away(
    held: frozenset[Role], more: frozenset[Role], permission: Permission
) -> None:
    """A role more never means less."""
    assert level(held | more, permission) >= level(held, permission)


def test_an_administrator_reads_nothing() -> None:
    """Who gives roles opens no text and sees no value in full."""
    closed = (
        Permission.REVEAL_IDENTITY,
        Permission.REVEAL_TRACE,
        Permission.OPEN_REPORTED,
        Permission.OPEN_OTHER,
    )
    for role in (Role.ADMIN, Role.AUDITOR):
        assert {level([role], permission) for permission in closed} == {Level.NO}


def test_no_text_without_a_reason() -> None:
    """No role opens a text, or sees a value in full, without a reason or a second person."""
    for permission in (
        Permission.REVEAL_IDENTITY,
        Permission.REVEAL_TRACE,
        Permission.OPEN_REPORTED,
        Permission.OPEN_OTHER,
    ):
        assert Level.YES not in {TABLE[role, permission] for role in Role}


def test_who_places_a_hold_does_not_confirm_it() -> None:
    """The clerk only starts what the approver agrees to as a second person."""
    assert TABLE[Role.CLERK, Permission.LEGAL_HOLD] is Level.START
    assert TABLE[Role.APPROVER, Permission.LEGAL_HOLD] is Level.SECOND
