// SPDX-License-Identifier: MIT
#pragma once

#include <http/assets.hpp>
#include <http/hosts.hpp>
#include <http/rate_limit.hpp>
#include <http/route_table.hpp>

#include <base/clock.hpp>

namespace trunkline::http {

struct RouterOptions {
    std::optional<PublicUrl> public_url;
    /// How often one client may call a route that does not say.
    int per_minute_max = 6'000;
};

/// From the head of a request to its answer. In this order: is the host ours; which route; may another site have sent
/// this; who asks; how often; may he; what does he say; the route. Whatever goes wrong has a problem as its answer.
///
/// Threads:  one.
/// Lifetime: what the constructor takes by reference must outlive it.
class Router {
public:
    /// Throws std::logic_error when the table of routes contradicts itself.
    Router(std::vector<Route> routes, Authenticator& authenticator, Clock& clock, Assets assets = {},
           RouterOptions options = {});

    /// What the head alone decides: the answer, or the route and how much body it may have.
    struct Plan {
        std::optional<Response> answer;
        const Route* route = nullptr;
        RawInput input;
        std::optional<std::string> session_token, bearer_token;
        std::size_t body_bytes_max = 64 * 1024; ///< what is read and thrown away when there is an answer already

        /// For the log: the pattern, never what a client wrote.
        std::string_view name() const { return route ? std::string_view(route->path) : "-"; }
    };
    Plan plan(const RequestHead& head) const;

    /// Serves what was planned. Never throws.
    asio::awaitable<Response> serve(Plan plan, const RequestHead& head, std::string_view body);

    /// Adds what every answer carries: the request id, the security headers, Cache-Control.
    void finish(Response& response, const std::string& request_id) const;

    const std::vector<Route>& routes() const noexcept { return table_.routes(); }

private:
    std::optional<Response> host_refusal(const RequestHead& head) const;
    void plan_route(Plan& plan, const RequestHead& head, Target target) const;
    std::optional<Response> route_refusal(const Plan& plan, const RequestHead& head) const;
    std::optional<Response> limit_refusal(const Plan& plan, const RequestHead& head, const std::optional<Actor>& actor);
    asio::awaitable<Response> serve_route(const Plan& plan, const RequestHead& head, std::string_view body);

    RouteTable table_;
    Authenticator& authenticator_;
    Clock& clock_;
    Assets assets_;
    RouterOptions options_;
    RateLimit limits_;
};

} // namespace trunkline::http
