-- Conversations and their messages. A message's place is its seq, taken from its conversation in the same unit.
CREATE TABLE conversations (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    user_id {uuid} REFERENCES users (id) ON DELETE CASCADE,
    channel TEXT NOT NULL CHECK (channel IN ('web_chat', 'instagram', 'whatsapp', 'email', 'phone', 'in_person')),
    agent_type TEXT NOT NULL,
    external_key TEXT,
    title TEXT,
    title_source TEXT NOT NULL CHECK (title_source IN ('default', 'auto', 'user')),
    is_fresh {bool} NOT NULL,
    preview TEXT NOT NULL,
    last_seq {int} NOT NULL,
    message_count {int} NOT NULL,
    created_at {time} NOT NULL,
    last_message_at {time},
    active_at {time} NOT NULL,
    UNIQUE (tenant_id, user_id, external_key),
    CHECK (user_id IS NOT NULL OR external_key IS NOT NULL)
) {strict};
-- Somebody without an account, who wrote over a channel: what the channel calls it names the conversation.
CREATE UNIQUE INDEX conversations_of_contacts ON conversations (tenant_id, channel, external_key) WHERE user_id IS NULL;
-- Newest activity first: the list of conversations.
CREATE INDEX conversations_by_activity ON conversations (tenant_id, user_id, active_at, id);
-- At most one fresh conversation of a user and an agent, however many tabs ask at once.
CREATE UNIQUE INDEX conversations_fresh ON conversations (tenant_id, user_id, agent_type) WHERE is_fresh;

CREATE TABLE messages (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    conversation_id {uuid} NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    seq {int} NOT NULL,
    sender TEXT NOT NULL CHECK (sender IN ('user', 'bot')),
    content TEXT NOT NULL,
    agent_type TEXT,
    run_id {uuid},
    created_at {time} NOT NULL,
    UNIQUE (conversation_id, seq)
) {strict};
CREATE INDEX messages_by_time ON messages (tenant_id, created_at);
