-- Both sides may have ended a conversation: it goes on once neither keeps it ended. No row has the new value: none is read.
alter table conversation drop constraint conversation_blocked_by_check;
alter table conversation add constraint conversation_blocked_by_check
    check (blocked_by in ('buyer', 'advertiser', 'both')) not valid;
