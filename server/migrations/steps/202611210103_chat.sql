-- A run is an answer being produced; its journal holds every piece before any viewer sees it.
CREATE TABLE runs (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    user_id {uuid} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id {uuid} NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    agent_type TEXT NOT NULL,
    question_seq {int} NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'failed', 'stopped')),
    reason TEXT,
    last_seq {int} NOT NULL,
    message_id {uuid},
    owner {uuid} NOT NULL,
    lease_until {time} NOT NULL,
    started_at {time} NOT NULL,
    ended_at {time},
    has_journal {bool} NOT NULL
) {strict};
CREATE INDEX runs_by_conversation ON runs (conversation_id, started_at);
CREATE INDEX runs_running ON runs (lease_until) WHERE status = 'running';
-- Whose journal has to be forgotten an hour after the end.
CREATE INDEX runs_with_journal ON runs (ended_at) WHERE has_journal;
-- At most one running answer in a conversation.
CREATE UNIQUE INDEX runs_one_running ON runs (conversation_id) WHERE status = 'running';

-- The last event of a run that has ended is of the kind of its end: finished, failed, stopped.
CREATE TABLE run_events (
    run_id {uuid} NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq {int} NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('text', 'finished', 'failed', 'stopped')),
    text TEXT NOT NULL,
    at {time} NOT NULL,
    PRIMARY KEY (run_id, seq)
) {strict};
