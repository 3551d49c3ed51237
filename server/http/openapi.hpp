// SPDX-License-Identifier: MIT
#pragma once

#include <http/route.hpp>

namespace trunkline::http {

/// The OpenAPI 3.1 document of the routes under /api: what the table of routes knows, in the words of that format.
json::value openapi_document(const std::vector<Route>& routes, std::string_view version);

/// The document as a page for people: no script, nothing from elsewhere.
std::string docs_page(const json::value& document);
std::string_view docs_style() noexcept;

/// Serves the document at /api/v1/openapi.json and the page at /docs.
class Documentation {
public:
    /// Describes `routes` and itself. `version` is the program's.
    Documentation(const std::vector<Route>& routes, std::string_view version);

    /// Lifetime: this has to outlive the server.
    std::vector<Route> routes();

private:
    asio::awaitable<Outcome<File>> document(Call&);
    asio::awaitable<Outcome<File>> page(Call&);
    asio::awaitable<Outcome<File>> style(Call&);

    std::string document_, page_;
};

} // namespace trunkline::http
