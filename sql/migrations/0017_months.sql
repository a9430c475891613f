-- A month goes in two steps: it is taken from its tables at once, and its files are deleted later, table by table.
drop function drop_month(text[], date);

-- What was counted as it went, and no signed report tells yet.
create table unreported (
    site_id           uuid not null references site,
    name              text not null,           -- table it went from
    rows              bigint not null,
    primary key (site_id, name)
);

-- Take one month from some partitioned tables, together; never one that is not over. Nobody reads it any more.
create function detach_month(parents text[], month date) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent   text;
    name     text;
    detached integer := 0;
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
        execute format('alter table %I detach partition %I', parent, name);
        execute format('alter table %I rename to %I', name, 'leaving_' || name);
        detached := detached + 1;
    end loop;
    return detached;
end $$;

-- Tables of months that were taken away and still have their files; the ids their rows have.
create function leaving_tables() returns table (name text, parent text, first_id uuid, end_id uuid)
language sql stable as $$
    select found.name, substr(found.name, 9, length(found.name) - 16),
        first_uuidv7(found.month), first_uuidv7((found.month + interval '1 month')::date)
    from (
        select relname::text as name, to_date(right(relname, 7), 'YYYY_MM') as month from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r'
            and relname ~ '^leaving_(message|sender_trace|outbox|attempt)_[0-9]{4}_[0-9]{2}$'
    ) as found
    order by found.name
$$;

-- Count what such a table holds, by site, and drop it: its files are deleted as this commits. Another who is at it is left alone.
create function drop_leaving(left_name text) returns void
language plpgsql security definer set search_path = public, pg_temp
set enable_seqscan = on set max_parallel_workers_per_gather = 0 as $$    -- one core, for what nobody waits for
declare
    parent text;
begin
    if not pg_try_advisory_xact_lock(hashtextextended(left_name, 0)) then
        return;
    end if;
    select leaving.parent into parent from leaving_tables() as leaving where leaving.name = left_name;
    if not found then
        return;
    end if;
    execute format(
        'insert into unreported (site_id, name, rows) select site_id, %L, count(*) from %I group by site_id
        on conflict (site_id, name) do update set rows = unreported.rows + excluded.rows', parent, left_name);
    execute format('drop table %I', left_name);
end $$;
