// SPDX-License-Identifier: MIT
#pragma once

#include <crm/case_routes.hpp>
#include <crm/client_routes.hpp>
#include <crm/interaction_routes.hpp>
#include <support/database.hpp>

#include <gtest/gtest.h>

namespace trunkline::crm::testing {

using http::Method;
using trunkline::testing::Database;
using Texts = std::vector<std::string>;

/// The body of a request: JSON, or the text itself.
struct Form {
    std::string text;

    Form() = default;
    Form(const char* json) : text(json) {}
    Form(std::string json) : text(std::move(json)) {}
    Form(const json::object& object) : text(serialize(object)) {}
};

/// What a route answered.
struct Answered {
    int status = 0;
    json::value body;

    const json::value& operator[](std::string_view pointer) const { return body.at_pointer(pointer); }
    /// "null" for null.
    std::string text(std::string_view pointer) const;
    Uuid id(std::string_view pointer = "/id") const { return *Uuid::parse(text(pointer)); }
    /// The texts of that field of all members of the list, "null" for null.
    Texts texts_of(std::string_view list, std::string_view field) const;
    Texts texts_of_items(std::string_view field) const { return texts_of("/items", field); }
    /// The pointers of the problem's errors.
    Texts wrong_fields() const { return texts_of("/errors", "pointer"); }
};

/// "/clients/<id>"
std::string at(std::string_view list, const Uuid& id);

/// The routes of the CRM on a database, as staff use them: requests are what the router would make of theirs. Addresses
/// begin below /api/v1/crm.
struct CrmDesk : ::testing::TestWithParam<db::Engine> {
    Database database{GetParam()};
    events::Hub hub{database.io.get_executor()};
    ClientRoutes client_routes{database.pool(), database.clock, hub};
    CaseRoutes case_routes{database.pool(), database.clock, hub};
    InteractionRoutes interaction_routes{database.pool(), database.clock, hub};
    std::vector<http::Route> routes;
    http::Actor asking = database.staff;

    CrmDesk();

    Answered get(std::string address) { return ask(Method::get, std::move(address)); }
    Answered post(std::string address, Form body, std::optional<std::string> key = {})
    {
        return ask(Method::post, std::move(address), std::move(body), std::move(key));
    }
    Answered patch(std::string address, Form body) { return ask(Method::patch, std::move(address), std::move(body)); }
    Answered del(std::string address) { return ask(Method::del, std::move(address)); }
    Answered ask(Method method, std::string address, Form body = {}, std::optional<std::string> key = {});
    asio::awaitable<http::Response> ask_async(Method method, std::string address, Form body = {},
                                              std::optional<std::string> key = {});

    // As get, post and patch, where success is not the question: the test fails without it.
    Answered read(std::string address);
    Answered make(std::string address, Form body);
    Answered change(std::string address, Form body);

    /// A client of this name, with an address made of it.
    Uuid add_client(const std::string& first_name);
    /// A work permit for 1500.00 EUR.
    Uuid add_case_type(std::string code);
    /// A conversation of `database.customer` with these messages, alternating user and bot, that nobody has read yet.
    Uuid add_conversation(std::vector<std::string> messages);
    /// The value was said in the first message, from its fourth character on.
    void add_evidence(const Uuid& client, const Uuid& conversation, std::string field, std::string value);
    /// What reading the conversation leaves behind, when nothing was learnt.
    void add_interaction(const Uuid& client, const Uuid& conversation);

    /// The audit's rows of an object: "updated by <actor> {changes}", oldest first.
    Texts audit_of(std::string entity, const Uuid& id);
    /// How the audit names who asks.
    std::string actor() const { return db::to_string(asking.user_id); }
    std::int64_t count(db::Sql<> sql) { return database.run(database.pool().fetch_value<std::int64_t>(sql)); }

private:
    asio::awaitable<void> fill_conversation(Uuid id, std::vector<std::string> messages);
    asio::awaitable<void> write_evidence(Uuid client, Evidence found);
};

} // namespace trunkline::crm::testing
