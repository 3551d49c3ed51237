-- Tenants, the people who sign in, and their sessions.
CREATE TABLE tenants (
    id {uuid} PRIMARY KEY,
    name TEXT NOT NULL,
    default_region TEXT NOT NULL,
    created_at {time} NOT NULL
) {strict};

CREATE TABLE users (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('customer', 'staff', 'admin')),
    status TEXT NOT NULL CHECK (status IN ('pending', 'active', 'disabled')),
    created_at {time} NOT NULL,
    approved_at {time},
    approved_by {uuid}
) {strict};
CREATE INDEX users_by_tenant ON users (tenant_id, status, id);

CREATE TABLE sessions (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash TEXT NOT NULL UNIQUE,
    peer TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at {time} NOT NULL,
    last_seen_at {time} NOT NULL,
    expires_at {time} NOT NULL
) {strict};
CREATE INDEX sessions_by_user ON sessions (user_id, id);

CREATE TABLE setup_codes (
    code_hash TEXT PRIMARY KEY,
    expires_at {time} NOT NULL
) {strict};

-- Answers that a repeated request with the same Idempotency-Key gets again; kept 24 hours.
CREATE TABLE idempotency (
    tenant_id {uuid} NOT NULL,
    actor TEXT NOT NULL,
    key TEXT NOT NULL,
    route TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    status {int} NOT NULL,
    answer TEXT,
    expires_at {time} NOT NULL,
    PRIMARY KEY (tenant_id, actor, key)
) {strict};
CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);

-- Who did what to which object, with what changed.
CREATE TABLE audit (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    entity TEXT NOT NULL,
    entity_id {uuid} NOT NULL,
    changes {json} NOT NULL,
    at {time} NOT NULL
) {strict};
CREATE INDEX audit_by_entity ON audit (tenant_id, entity, entity_id, id);
