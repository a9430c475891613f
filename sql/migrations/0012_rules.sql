-- Rules on live traffic: how much each counts at a site, what they saw, and what a person let leave all the same.

-- A rule without a row is in shadow.
create table site_rule (
    site_id           uuid not null references site,
    rule              text not null,           -- relay/rules/table.py
    mode              text not null check (mode in ('off', 'shadow', 'live')),
    primary key (site_id, rule)
);

-- What rules saw in a message before it left: names and points, never its words.
create table rule_hit (
    site_id           uuid not null,
    message_id        uuid not null,
    rule              text not null,
    points            smallint not null,
    is_live           boolean not null,
    holds             boolean not null,        -- the message waits for a person; in shadow: it would have
    primary key (site_id, message_id, rule)
);
create index rule_hit_by_rule on rule_hit (site_id, rule, message_id);

-- Held messages that a person let leave: no rule holds them again, and of those a rule held it was wrong.
create table released (
    site_id           uuid not null,
    message_id        uuid not null,
    primary key (site_id, message_id)
);

-- A rule that was switched, and what it was before: what undoes the act.
alter table desk_act add column rule text;
alter table desk_act add column rule_was text;

-- Why an appeal ended as it did; the reasons of the decision itself stay beside it (DSA 20(5)).
alter table report_case add column sealed_judgement bytea;
