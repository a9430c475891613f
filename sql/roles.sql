-- Who may do what in the database, besides its owner, who migrates it. Run after every migration, by the owner.
--
-- relais_app     every process: reads all, adds and changes; no DDL; deletes nothing that was accepted.
-- relais_purge   workers and `relay purge`: also deletes what is over, makes and drops months, signs reports.
--
-- A new table is open to both. Name it below when it is more than that.
do $$
declare
    one             text;
    -- Written by functions of their owner, or by migrations only.
    only_read       constant text[] := array['migration', 'look', 'look_chain'];
    -- The purge writes them, and nobody else.
    of_the_purge    constant text[] := array['purge_clock', 'purge_report', 'unreported'];
    -- Never deleted by anybody.
    for_good        constant text[] := array['site', 'site_policy', 'staff', 'legal_hold', 'purge_report'];
    -- Deleted when their time is over, by the purge alone.
    accepted        constant text[] := array[
        'person', 'listing', 'conversation', 'reply_address', 'message', 'message_file', 'sender_trace', 'outbox', 'attempt',
        'inbound', 'idempotency', 'suppression', 'known_address', 'report', 'report_case', 'desk_act', 'block', 'site_key', 'consent', 'data_request', 'request_proof', 'confirmation', 'rule_hit', 'site_event', 'objection', 'identity_document',
        'key_rotation'];
    -- Written once; the purge alone deletes them, when their time is over.
    proofs          constant text[] := array['erasure_certificate', 'erasure_log', 'request_event'];
begin
    foreach one in array array['relais_app', 'relais_purge'] loop
        continue when exists (select 1 from pg_roles where rolname = one);
        begin
            execute format('create role %I nologin', one);
        exception
            when duplicate_object or unique_violation then null;    -- another database of this server made it
            when insufficient_privilege then
                raise notice 'this role may not make roles: every process works as the owner';
                return;
        end;
    end loop;
    execute format('revoke temporary on database %I from public', current_database());
    revoke create on schema public from public;
    grant usage on schema public to relais_app, relais_purge;
    for one in
        select relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
            and relname not in (select name from leaving_tables())
            and relowner = current_user::regrole
    loop
        execute format('revoke all on %I from relais_app, relais_purge', one);
        execute format('grant %s on %I to relais_app', case
            when one = any(only_read || of_the_purge) then 'select'
            when one = 'site_policy' or one = any(proofs) then 'select, insert'
            when one = any(for_good || accepted) then 'select, insert, update'
            else 'select, insert, update, delete' end, one);
        execute format('grant %s on %I to relais_purge', case
            when one = any(only_read) then 'select'
            when one = 'site_policy' or one = 'purge_report' then 'select, insert'
            when one = any(for_good) then 'select, insert, update'
            else 'select, insert, update, delete' end, one);
    end loop;
    grant usage on all sequences in schema public to relais_app, relais_purge;
    revoke execute on function ensure_partitions(date, integer), detach_month(text[], date), drop_leaving(text) from public;
    grant execute on function ensure_partitions(date, integer), detach_month(text[], date), drop_leaving(text) to relais_purge;
end $$;

-- The log of looks belongs to a role of its own, which grants what may be read of it.
do $$
begin
    if (select relowner from pg_class where oid = 'look'::regclass) = current_user::regrole then
        return;    -- granted above
    end if;
    execute format('grant relais_looks to %I', current_user);
    grant select on look, look_chain to relais_app, relais_purge;
    execute format('revoke relais_looks from %I', current_user);
exception
    when insufficient_privilege or undefined_object then
        raise notice 'the log of looks cannot be granted to the roles of the relay';
end $$;
