-- name: forget_requests(oldest)!
-- Idempotency keys live 24 hours, for all sites alike.
delete from idempotency where created_at < :oldest and site_id is not null;

-- name: forget_told(oldest)!
-- Daily marks of receipts and notices, for all sites alike.
delete from told where created_at < :oldest and site_id is not null;
