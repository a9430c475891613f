-- The rights desk, completed: what an objection ends.

-- Connection data has an objection of its own where a policy keeps it on legitimate interest (GDPR 21).
alter table objection drop constraint objection_purpose_check;
alter table objection add constraint objection_purpose_check
    check (purpose in ('mail', 'statistics', 'security', 'traces'));
-- Since when it holds no more: an express consent given later ends the objection to what it is for.
alter table objection add column ended_at timestamptz;
