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

/// What a route answered.
struct Answered {
    int status = 0;
    json::value body;

    const json::value& operator[](std::string_view pointer) const { return body.at_pointer(pointer); }
    std::string text(std::string_view pointer) const { return std::string(body.at_pointer(pointer).as_string()); }
    std::vector<std::string> texts_of_items(std::string_view field) const;
    /// The pointers of the problem's errors.
    std::vector<std::string> wrong_fields() const;
};

/// The routes of the CRM on a database, as staff use them: requests are what the router would make of theirs.
struct CrmDesk : ::testing::TestWithParam<db::Engine> {
    Database database{GetParam()};
    events::Hub hub{database.io.get_executor()};
    ClientRoutes client_routes{database.pool(), database.clock, hub};
    CaseRoutes case_routes{database.pool(), database.clock, hub};
    InteractionRoutes interaction_routes{database.pool(), database.clock, hub};
    std::vector<http::Route> routes;
    const http::Actor* asking = &database.staff;

    CrmDesk();

    Answered get(std::string address) { return ask(Method::get, std::move(address), ""); }
    Answered post(std::string address, std::string body, std::optional<std::string> key = {})
    {
        return ask(Method::post, std::move(address), std::move(body), std::move(key));
    }
    Answered patch(std::string address, std::string body)
    {
        return ask(Method::patch, std::move(address), std::move(body));
    }
    Answered del(std::string address) { return ask(Method::del, std::move(address), ""); }
    Answered ask(Method method, std::string address, std::string body, std::optional<std::string> key = {});
    asio::awaitable<http::Response> ask_async(Method method, std::string address, std::string body,
                                              std::optional<std::string> key);

    /// A client with this name and an address made of it; its id.
    std::string new_client(const std::string& first_name);
    /// A conversation of `database.customer` with these messages, alternating user and bot.
    Uuid new_conversation(std::vector<std::string> messages);
    /// The audit's rows of an object: "updated by <actor> {changes}", oldest first.
    std::vector<std::string> audit_of(std::string entity, std::string id);
    std::int64_t count(db::Sql<> sql) { return database.run(database.pool().fetch_value<std::int64_t>(sql)); }

private:
    asio::awaitable<void> fill_conversation(Uuid id, std::vector<std::string> messages);
};

inline constexpr std::string_view clients = "/api/v1/crm/clients";

} // namespace trunkline::crm::testing
