-- Mails that came in: claimed and counted by site, given back when the trouble is ours, and shown to a person when held.

alter table inbound add column troubles integer not null default 0;   -- of its tries, those that ended for no fault of the mail's
create index inbound_waiting on inbound (site_id, due_at) where state in ('queued', 'reading');
create index inbound_held on inbound (site_id, inbound_id) where state = 'held';

-- Whom a mail or a reply still needs: the purge of persons asks. Buyers are named by their conversation.
create index inbound_by_owner on inbound (site_id, owner_id);
create index message_by_advertiser on message (site_id, sender_id) where side = 'advertiser';
