-- Clients, what they want, what was said with them, and where each value came from.
CREATE TABLE clients (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    full_name TEXT NOT NULL,
    name_is_stand_in {bool} NOT NULL,
    email TEXT,
    phone TEXT,
    whatsapp TEXT,
    nationality TEXT,
    company TEXT,
    status TEXT NOT NULL CHECK (status IN ('prospect', 'lead', 'active', 'completed', 'lost', 'inactive')),
    client_type TEXT NOT NULL CHECK (client_type IN ('individual', 'company')),
    assigned_to TEXT,
    notes TEXT,
    tags {json} NOT NULL,
    first_contact_at {time},
    last_interaction_at {time},
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    created_by TEXT NOT NULL,
    CHECK (email IS NOT NULL OR phone IS NOT NULL)
) {strict};
-- E-mail addresses are stored in their normal form, so two saves at once make one client.
CREATE UNIQUE INDEX clients_by_email ON clients (tenant_id, email) WHERE email IS NOT NULL;
CREATE INDEX clients_by_phone ON clients (tenant_id, phone) WHERE phone IS NOT NULL;
CREATE INDEX clients_by_age ON clients (tenant_id, id);

CREATE TABLE case_types (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    category TEXT NOT NULL,
    description TEXT,
    keywords {json} NOT NULL,
    base_price_amount {int},
    base_price_currency TEXT,
    active {bool} NOT NULL,
    created_at {time} NOT NULL,
    UNIQUE (tenant_id, code),
    CHECK ((base_price_amount IS NULL) = (base_price_currency IS NULL))
) {strict};

CREATE TABLE cases (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    client_id {uuid} NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    case_type_id {uuid} NOT NULL REFERENCES case_types (id),
    status TEXT NOT NULL CHECK (status IN ('inquiry', 'quotation_sent', 'payment_pending', 'in_progress', 'waiting_documents',
                                           'submitted_to_gov', 'approved', 'completed', 'cancelled')),
    priority TEXT NOT NULL CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    assigned_to TEXT,
    notes TEXT,
    quoted_price_amount {int},
    quoted_price_currency TEXT,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    created_by TEXT NOT NULL,
    CHECK ((quoted_price_amount IS NULL) = (quoted_price_currency IS NULL))
) {strict};
CREATE INDEX cases_by_client ON cases (tenant_id, client_id, id);
CREATE INDEX cases_by_age ON cases (tenant_id, id);

CREATE TABLE interactions (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    client_id {uuid} NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    case_id {uuid} REFERENCES cases (id) ON DELETE SET NULL,
    conversation_id {uuid} REFERENCES conversations (id) ON DELETE SET NULL,
    interaction_type TEXT NOT NULL CHECK (interaction_type IN ('chat', 'email', 'whatsapp', 'call', 'meeting', 'note')),
    channel TEXT NOT NULL CHECK (channel IN ('web_chat', 'instagram', 'whatsapp', 'email', 'phone', 'in_person')),
    subject TEXT,
    summary TEXT NOT NULL,
    full_content TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    team_member TEXT NOT NULL,
    entities {json} NOT NULL,
    interaction_at {time} NOT NULL,
    created_at {time} NOT NULL
) {strict};
CREATE INDEX interactions_by_client ON interactions (tenant_id, client_id, id);
CREATE INDEX interactions_by_age ON interactions (tenant_id, id);
-- One interaction for each conversation and client, updated as the conversation grows.
CREATE UNIQUE INDEX interactions_by_conversation ON interactions (tenant_id, conversation_id, client_id)
    WHERE conversation_id IS NOT NULL;

-- Where a value of a client came from: the sentence, to the character.
CREATE TABLE evidence (
    id {uuid} PRIMARY KEY,
    tenant_id {uuid} NOT NULL REFERENCES tenants (id),
    client_id {uuid} NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    conversation_id {uuid} REFERENCES conversations (id) ON DELETE SET NULL,
    message_id {uuid},
    message_seq {int},
    start_at {int} NOT NULL,
    end_at {int} NOT NULL,
    quote TEXT NOT NULL,
    method TEXT NOT NULL,
    confidence {real} NOT NULL,
    recorded_at {time} NOT NULL,
    UNIQUE (tenant_id, client_id, field, message_id, start_at)
) {strict};
CREATE INDEX evidence_by_client ON evidence (tenant_id, client_id, id);
CREATE INDEX evidence_by_conversation ON evidence (tenant_id, conversation_id, client_id);
