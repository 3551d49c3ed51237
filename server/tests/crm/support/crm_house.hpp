// SPDX-License-Identifier: MIT
#pragma once

#include <crm/case_routes.hpp>
#include <crm/client_routes.hpp>
#include <crm/interaction_routes.hpp>
#include <support/database.hpp>

#include <gtest/gtest.h>

namespace trunkline::crm::testing {

/// What a route was asked for, beside who asks.
struct Ask {
    std::vector<Uuid> ids = {}; ///< for the {…} of the path, in their order
    json::value body = nullptr;
    std::vector<std::pair<std::string, std::string>> query = {};
    std::optional<std::string> key = {}; ///< Idempotency-Key
};

/// A database, all routes of the CRM, and somebody of the staff who calls them.
struct CrmHouse {
    explicit CrmHouse(db::Engine engine) : database(engine) {}

    ::trunkline::testing::Database database;
    events::Hub hub{database.io.get_executor()};
    ClientRoutes clients{database.pool(), database.clock, hub};
    CaseRoutes cases{database.pool(), database.clock, hub};
    InteractionRoutes interactions{database.pool(), database.clock, hub};
    std::vector<http::Route> table = all_routes();
    http::Actor caller = database.staff;

    asio::awaitable<http::Response> asked(http::Method method, std::string path, Ask ask);
    http::Response respond(http::Method method, std::string path, Ask ask = {});
    /// The body of the answer, which has to have that status.
    json::value expect(int status, http::Method method, std::string path, Ask ask = {});

    json::value get(std::string path, Ask ask = {})
    {
        return expect(200, http::Method::get, std::move(path), std::move(ask));
    }
    json::value post(std::string path, json::value body)
    {
        return expect(201, http::Method::post, std::move(path), {.body = std::move(body)});
    }
    json::value patch(std::string path, Uuid id, json::value body)
    {
        return expect(200, http::Method::patch, std::move(path), {.ids = {id}, .body = std::move(body)});
    }
    Uuid add_client(std::string name, std::string email);
    Uuid add_case_type(std::string code);

    /// A conversation of the customer with messages that say `lines`, that nobody has read yet.
    Uuid add_conversation(std::vector<std::string> lines);
    Uuid add_evidence(const Uuid& client, const Uuid& conversation, std::string field, std::string value);
    /// What the extractor leaves behind for a conversation.
    Uuid add_interaction(const Uuid& client, const Uuid& conversation);

    struct Audited {
        std::string actor, action, entity;
        Uuid entity_id;
        Json changes;
    };
    /// The audit of the tenant, oldest first.
    std::vector<Audited> audit();

private:
    std::vector<http::Route> all_routes();
    asio::awaitable<Uuid> insert_conversation(std::vector<std::string> lines);
    asio::awaitable<Uuid> insert_evidence(Uuid client, Uuid conversation, std::string field, std::string value);
    asio::awaitable<Uuid> insert_interaction(Uuid client, Uuid conversation);
};
BOOST_DESCRIBE_STRUCT(CrmHouse::Audited, (), (actor, action, entity, entity_id, changes))

Uuid id_of(const json::value& object, std::string_view name = "id");
std::string text_of(const json::value& object, std::string_view name);
/// The texts of that field of all items of a page.
std::vector<std::string> column(const json::value& page, std::string_view name);

} // namespace trunkline::crm::testing
