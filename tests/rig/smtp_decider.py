"""Chooses the action of the scripted SMTP server and counts how often each was used."""

from collections import Counter

from tests.rig.smtp_recipients import behaviour_of
from tests.rig.smtp_script import Action, Behaviour, Event, Phase, Script, check


class Decider:
    """Asks the script first, then the sink's behaviour, then the recipients' own.

    Args:
        script: Free function, or None.
    """

    def __init__(self, script: Script | None) -> None:
        self.script = script
        self._behaviour: dict[Phase, Action] = {}
        self._used: Counter[tuple[str, Phase]] = Counter()

    def behave(self, phase: Phase, action: Action) -> None:
        """Set the action of the whole sink at one phase and count its uses from zero."""
        check(phase, action)
        self._behaviour[phase] = action
        del self._used["", phase]

    def behave_normally(self) -> None:
        """Forget the script, the sink's behaviour and every count."""
        self.script = None
        self._behaviour.clear()
        self._used.clear()

    def decide(self, event: Event) -> Action | None:
        """Return the action for this moment, None for the normal answer."""
        if self.script is not None and (action := self.script(event)) is not None:
            check(event.phase, action)
            return action
        if (action := self._take("", self._behaviour, event.phase)) is not None:
            return action
        for recipient in self._asked(event):
            action = self._take(recipient.lower(), behaviour_of(recipient), event.phase)
            if action is not None:
                return action
        return None

    def _take(self, owner: str, behaviour: Behaviour, phase: Phase) -> Action | None:
        action = behaviour.get(phase)
        if action is None:
            return None
        if action.times is not None and self._used[owner, phase] >= action.times:
            return None
        self._used[owner, phase] += 1
        return action

    @staticmethod
    def _asked(event: Event) -> tuple[str, ...]:
        """At RCPT only the recipient being asked for decides."""
        return event.recipients[-1:] if event.phase is Phase.RCPT else event.recipients
