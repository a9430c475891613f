"""What moderators do: act on messages and senders, and decide reports.

Every act is an ``Order``. ``preview`` says its ``Effect`` without doing anything, ``carry_out``
does it and writes it down with the look in one transaction, ``undo`` takes it back within fifteen
seconds, and each action has an inverse for later.
"""

from relay.desk.cases import decide, escalate, give_back, judge, take
from relay.desk.confirmations import (
    Confirmation,
    Reading,
    agree,
    ask,
    decline,
    find_agreed,
    list_confirmations,
)
from relay.desk.files import Waiting, list_cases, read_case
from relay.desk.journal import BlockShown, Done, forget, list_acts, list_blocks, list_case_acts
from relay.desk.moves import Category, Move, State
from relay.desk.notes import note
from relay.desk.orders import INVERSES, Action, Effect, NewBlock, Order, Weight
from relay.desk.reports import (
    Appellant,
    Notice,
    Receipt,
    Source,
    appeal,
    file_report,
    open_cases,
)
from relay.desk.rules import (
    Hit,
    Mode,
    RuleShown,
    list_examples,
    list_hits,
    list_rules,
    switch_rule,
)
from relay.desk.ruling import Appeal, CaseFile, Decision, Reported, Ruling, Statement
from relay.desk.rulings import (
    Ruled,
    Told,
    contest,
    contest_told,
    list_rulings,
    read_ruling,
    read_told,
)
from relay.desk.standing import SUSPENSIONS, Standing, read_standings
from relay.desk.work import carry_out, preview, undo

__all__ = [
    "INVERSES",
    "SUSPENSIONS",
    "Action",
    "Appeal",
    "Appellant",
    "BlockShown",
    "CaseFile",
    "Category",
    "Confirmation",
    "Decision",
    "Done",
    "Effect",
    "Hit",
    "Mode",
    "Move",
    "NewBlock",
    "Notice",
    "Order",
    "Reading",
    "Receipt",
    "Reported",
    "RuleShown",
    "Ruled",
    "Ruling",
    "Source",
    "Standing",
    "State",
    "Statement",
    "Told",
    "Waiting",
    "Weight",
    "agree",
    "appeal",
    "ask",
    "carry_out",
    "contest",
    "contest_told",
    "decide",
    "decline",
    "escalate",
    "file_report",
    "find_agreed",
    "forget",
    "give_back",
    "judge",
    "list_acts",
    "list_blocks",
    "list_case_acts",
    "list_cases",
    "list_confirmations",
    "list_examples",
    "list_hits",
    "list_rules",
    "list_rulings",
    "note",
    "open_cases",
    "preview",
    "read_case",
    "read_ruling",
    "read_standings",
    "read_told",
    "switch_rule",
    "take",
    "undo",
]
