// SPDX-License-Identifier: MIT
#pragma once

#include <crm/cases.hpp>
#include <crm/client_conversations.hpp>
#include <crm/clients.hpp>
#include <crm/interactions.hpp>
#include <crm/timeline.hpp>
#include <events/hub.hpp>
#include <http/route.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline::crm {

struct ClientPath {
    Uuid id;
};
BOOST_DESCRIBE_STRUCT(ClientPath, (), (id))

struct ClientConversationPath {
    Uuid id;
    Uuid conversation_id;
};
BOOST_DESCRIBE_STRUCT(ClientConversationPath, (), (id, conversation_id))

/// Everything about one client, for his page.
struct ClientRecord {
    Client client;
    std::vector<Evidence> evidence;
    std::vector<Case> cases;               ///< the newest 200
    std::vector<Interaction> interactions; ///< the newest 10
    std::vector<ClientConversation> conversations;
};
BOOST_DESCRIBE_STRUCT(ClientRecord, (), (client, evidence, cases, interactions, conversations))

/// The paths of clients. For staff and administrators, each within his tenant.
class ClientRoutes {
public:
    ClientRoutes(db::Pool& pool, Clock& clock, events::Hub& hub) : pool_(pool), clock_(clock), hub_(hub) {}

    std::vector<http::Route> table();

private:
    template <class T>
    using Answer = asio::awaitable<Outcome<T>>;
    using Call = http::Call;

    Answer<http::Page<Client>> list(Call& call, http::Params<ClientFilter> filter, http::DatabaseParameters database);
    Answer<http::Created<Client>> create(Call& call, http::Body<NewClient> input);
    Answer<ClientRecord> record(Call& call, http::Path<ClientPath> path);
    Answer<Client> change(Call& call, http::Path<ClientPath> path, http::Body<ClientPatch> patch);
    Answer<Client> deactivate(Call& call, http::Path<ClientPath> path);
    Answer<http::Page<TimelineEntry>> timeline(Call& call, http::Path<ClientPath> path,
                                               http::Params<TimelineFilter> filter);
    Answer<ConversationOfClient> conversation(Call& call, http::Path<ClientConversationPath> path,
                                              http::Params<TranscriptFilter> filter);

    Answer<http::Created<Client>> create_in(db::Executor& db, Editor editor, NewClient input);

    db::Pool& pool_;
    Clock& clock_;
    events::Hub& hub_;
};

} // namespace trunkline::crm
