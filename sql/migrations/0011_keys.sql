-- Roles without DDL, master keys that follow one another.

-- Months are made and dropped for a role that may do no other DDL, and only these tables have any (sql/roles.sql).
alter function ensure_partitions(date, integer) security definer set search_path = public, pg_temp;

create or replace function drop_month(parents text[], month date) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent  text;
    name    text;
    dropped integer := 0;
begin
    if (month + interval '1 month 1 day') at time zone 'UTC' > now() then
        raise exception 'the month % is not over', month;
    end if;
    if not parents <@ array['message', 'sender_trace', 'outbox', 'attempt'] then
        raise exception 'not tables of months: %', parents;
    end if;
    foreach parent in array parents loop
        execute format('lock table %I in access exclusive mode', parent);
    end loop;
    foreach parent in array parents loop
        name := parent || to_char(month, '_YYYY_MM');
        continue when to_regclass(name) is null;
        execute format('drop table %I', name);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;

-- Since when nothing is wrapped by any older master key: from then on it only signs links that are still about.
create table key_rotation (
    key_id            text primary key,        -- the newest at that time
    completed_at      timestamptz not null
);
