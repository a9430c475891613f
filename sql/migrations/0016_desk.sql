-- How far the texts of a site are marked: those about to leave are marked beside, by who screens them.
create table mark_progress (
    site_id           uuid primary key references site,
    message_id        uuid not null            -- up to here, and five minutes before are looked at again
);
insert into mark_progress (site_id, message_id)
select site.site_id, last.message_id from site cross join lateral (
    select text_mark.message_id from text_mark where text_mark.site_id = site.site_id
    order by text_mark.message_id desc limit 1
) as last;

-- Whose mailbox a mail was for, where it is a provider of many (relay/mail/providers.py): how mails to each fare.
alter table attempt add column provider text;
alter type mail_outcome add attribute provider text;

-- Who often reports without ground, or often writes what is manifestly illegal: warned, then set aside for a time (DSA 23).
alter table report_case add column is_warning boolean not null default false;    -- of who reported, or with an action of the author
alter table report_case add column suspended_until timestamptz;
alter table report_case add column suspended_ids uuid[] not null default '{}';   -- persons whose reports are set aside until then
alter table block drop constraint block_effect_check;
alter table block add constraint block_effect_check check (effect in ('score', 'hold', 'refuse'));   -- told, never silent
