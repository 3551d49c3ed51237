-- Work that was written with the change that causes it, and is done after it. One row for each order_key is worked
-- on at a time, in the order of seq; dead rows are passed over and shown.
CREATE TABLE outbox (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    topic TEXT NOT NULL,
    order_key {uuid} NOT NULL,
    seq {int} NOT NULL,
    payload TEXT NOT NULL,
    attempts {int} NOT NULL,
    next_at {time} NOT NULL,
    lease_until {time},
    lease_token {uuid},
    last_error TEXT,
    created_at {time} NOT NULL,
    done_at {time},
    dead_at {time},
    UNIQUE (tenant_id, topic, order_key, seq)
) {strict};
CREATE INDEX outbox_open ON outbox (topic, next_at) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_order ON outbox (topic, order_key, seq) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_done ON outbox (topic, done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (topic, dead_at) WHERE dead_at IS NOT NULL;
