// SPDX-License-Identifier: MIT
#include <http/router.hpp>

#include <http/call_builder.hpp>
#include <http/problem.hpp>
#include <http/same_origin.hpp>

#include <base/crypto.hpp>

namespace trunkline::http {

namespace {

constexpr std::size_t idempotency_key_max = 255;

Response with_header(Response response, std::string name, std::string value)
{
    response.headers.emplace_back(std::move(name), std::move(value));
    return response;
}

bool is_api(const Target& target) { return !target.segments.empty() && target.segments.front() == "api"; }

bool is_visible_ascii(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// Why `actor` may not call a route for `access`, or nothing.
std::optional<Refusal> access_refusal(Access access, const std::optional<Actor>& actor)
{
    if (access == Access::anyone) return std::nullopt;
    if (!actor) return Refusal{Refused::unauthenticated, "Sign in first.", {}, 0};
    const Role needed = access == Access::admin ? Role::admin : access == Access::staff ? Role::staff : Role::customer;
    if (actor->role >= needed) return std::nullopt;
    return forbidden(access == Access::admin ? "Only administrators may do this." : "Only staff may do this.");
}

std::optional<std::string> text_of(std::optional<std::string_view> header)
{
    if (!header) return std::nullopt;
    return std::string(*header);
}

Call call_of(const Router::Plan& plan, const RequestHead& head, std::string_view body, std::optional<Actor> actor)
{
    return CallBuilder()
        .actor(std::move(actor))
        .route(plan.route->path)
        .request_line(std::string(head.method) + " " + std::string(head.target))
        .request_id(head.request_id)
        .peer(head.peer)
        .user_agent(std::string(head.header("User-Agent").value_or("").substr(0, 300)))
        .body_hash(plan.route->options.idempotency_key ? sha256_hex(body) : "")
        .idempotency_key(plan.route->options.idempotency_key ? text_of(head.header("Idempotency-Key")) : std::nullopt)
        .last_event_id(text_of(head.header("Last-Event-ID")))
        .build();
}

/// The credentials that count: a bearer token alone when there is one.
Credentials credentials_of(const Router::Plan& plan)
{
    if (plan.bearer_token) return {std::nullopt, plan.bearer_token};
    return {plan.session_token, std::nullopt};
}

} // namespace

Router::Router(std::vector<Route> routes, Authenticator& authenticator, Clock& clock, Assets assets,
               RouterOptions options)
    : table_(std::move(routes)),
      authenticator_(authenticator),
      clock_(clock),
      assets_(std::move(assets)),
      options_(std::move(options))
{}

std::optional<Response> Router::host_refusal(const RequestHead& head) const
{
    if (head.count("Host") != 1)
        return protocol_problem(400, "The request has to have exactly one Host header.", head.request_id);
    if (host_is_ours(*head.header("Host"), head, options_.public_url)) return std::nullopt;
    return protocol_problem(
        421, "This server does not answer for that host. Use its address, or set TRUNKLINE_PUBLIC_URL to the name.",
        head.request_id);
}

Router::Plan Router::plan(const RequestHead& head) const
{
    Plan plan;
    if ((plan.answer = host_refusal(head))) return plan;
    if (head.method == "OPTIONS" && head.target == "*") {
        plan.answer = with_header({204, "", "", {}, {}}, "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
        return plan;
    }
    auto target = parse_target(head.target);
    if (!target)
        plan.answer =
            protocol_problem(400, "The address is malformed: it is a path in UTF-8, percent-encoded.", head.request_id);
    else plan_route(plan, head, std::move(*target));
    return plan;
}

void Router::plan_route(Plan& plan, const RequestHead& head, Target target) const
{
    const auto method = method_of(head.method);
    RouteTable::Match match = table_.find(target, method);
    if (match.allow.empty()) {
        if (method == Method::get && !is_api(target)) plan.answer = assets_.find(target, head);
        if (!plan.answer) plan.answer = problem(not_found("This path is"), head.request_id);
        return;
    }
    if (head.method == "OPTIONS") {
        plan.answer = with_header({204, "", "", {}, {}}, "Allow", match.allow);
    } else if (!match.route) {
        plan.answer = with_header(protocol_problem(405, "This path answers " + match.allow + ".", head.request_id),
                                  "Allow", match.allow);
    } else {
        plan.route = match.route;
        plan.input = {std::move(match.path), std::move(target.query), {}};
        if (plan.route->path.starts_with("/api/")) { // nobody else asks who it is: /livez does not wait for a database
            plan.session_token = session_token(head.header("Cookie").value_or(""));
            plan.bearer_token = bearer_token(head.header("Authorization").value_or(""));
        }
        if ((plan.answer = route_refusal(plan, head))) return;
        plan.body_bytes_max = match.route->options.body_bytes_max;
    }
}

/// What is wrong with the head of a request for a known route: its origin, its content type, its key.
std::optional<Response> Router::route_refusal(const Plan& plan, const RequestHead& head) const
{
    const bool cookie = plan.session_token && !plan.bearer_token;
    if (!head.safe() || plan.route->options.same_origin_only)
        if (auto why = cross_origin_refusal(head, cookie, plan.bearer_token.has_value()))
            return protocol_problem(403, std::move(*why), head.request_id);
    const bool has_body = head.header("Transfer-Encoding") || head.header("Content-Length").value_or("0") != "0";
    if (!head.safe() && (cookie || has_body) && !is_json(head.header("Content-Type").value_or("")))
        return protocol_problem(415, "Send JSON, with Content-Type: application/json (an empty body is {}).",
                                head.request_id);
    const auto key = head.header("Idempotency-Key");
    if (plan.route->options.idempotency_key && key &&
        (key->empty() || key->size() > idempotency_key_max || !is_visible_ascii(*key)))
        return protocol_problem(400, "An Idempotency-Key has 1 to 255 visible ASCII characters.", head.request_id);
    return std::nullopt;
}

std::optional<Response> Router::limit_refusal(const Plan& plan, const RequestHead& head,
                                              const std::optional<Actor>& actor)
{
    const int own = plan.route->options.per_minute_max;
    const int per_minute = own > 0 ? own : options_.per_minute_max;
    const std::string who = actor ? db::to_string(actor->user_id) : rate_limit_peer(head.peer);
    const std::string which = std::string(to_string(plan.route->method)) + " " + plan.route->path;
    const auto verdict = limits_.take(which + " " + who, per_minute, clock_.now());
    if (verdict.allowed) return std::nullopt;
    const std::string wait = std::to_string(verdict.retry_after_seconds);
    Response response = problem({Refused::limited,
                                 "Too many requests of this kind. Try again in " + wait + " s.",
                                 {},
                                 verdict.retry_after_seconds},
                                head.request_id);
    response.headers.emplace_back("RateLimit-Policy", "\"route\";q=" + std::to_string(per_minute) + ";w=60");
    response.headers.emplace_back("RateLimit", "\"route\";r=0;t=" + wait);
    return response;
}

asio::awaitable<Response> Router::serve(Plan plan, const RequestHead& head, std::string_view body)
{
    if (plan.answer) co_return std::move(*plan.answer);
    std::exception_ptr failure;
    try {
        co_return co_await serve_route(plan, head, body);
    } catch (...) {
        failure = std::current_exception();
    }
    co_return failure_problem(failure, plan.route->path, head.request_id);
}

asio::awaitable<Response> Router::serve_route(const Plan& plan, const RequestHead& head, std::string_view body)
{
    const Credentials credentials = credentials_of(plan);
    std::optional<Actor> actor;
    if (credentials.session_token || credentials.bearer_token)
        actor = co_await authenticator_.authenticate(credentials);
    if (auto refusal = limit_refusal(plan, head, actor)) co_return std::move(*refusal);
    if (auto refusal = access_refusal(plan.route->access, actor)) co_return problem(*refusal, head.request_id);

    Call call = call_of(plan, head, body, std::move(actor));
    RawInput input = plan.input;
    input.body = body;
    Response response = co_await plan.route->handle(call, input);
    if (const auto& cookie = call.session_cookie())
        response.headers.emplace_back("Set-Cookie", session_cookie(cookie->token, cookie->max_age.count()));
    co_return response;
}

void Router::finish(Response& response, const std::string& request_id) const
{
    auto& headers = response.headers;
    const bool cached =
        std::any_of(headers.begin(), headers.end(), [](const auto& header) { return header.first == "Cache-Control"; });
    if (!cached) headers.emplace_back("Cache-Control", response.stream ? "no-cache, no-transform" : "no-store");
    if (response.stream) headers.emplace_back("X-Accel-Buffering", "no");
    headers.emplace_back("X-Request-Id", request_id);
    headers.emplace_back(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
    headers.emplace_back("X-Content-Type-Options", "nosniff");
    headers.emplace_back("Referrer-Policy", "same-origin");
    headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
    if (options_.public_url && options_.public_url->https)
        headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
}

} // namespace trunkline::http
