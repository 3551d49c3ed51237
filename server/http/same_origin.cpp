// SPDX-License-Identifier: MIT
#include <http/same_origin.hpp>

#include <base/utf8.hpp>

namespace trunkline::http {

namespace {

constexpr std::string_view cookie_name = "__Host-trunkline";

/// "https://crm.example.test:8443" → "crm.example.test:8443"; empty for "null" and anything else.
std::string_view host_of_origin(std::string_view origin)
{
    for (const std::string_view scheme : {"http://", "https://"})
        if (equal_ignoring_case(origin.substr(0, scheme.size()), scheme)) return origin.substr(scheme.size());
    return {};
}

} // namespace

std::optional<std::string> cross_origin_refusal(const RequestHead& head, bool has_cookie, bool has_bearer)
{
    if (has_bearer) return std::nullopt;
    if (const auto site = head.header("Sec-Fetch-Site")) {
        if (*site == "same-origin" || *site == "none") return std::nullopt;
        return "This request comes from another site (Sec-Fetch-Site). Only our own pages may make it.";
    }
    if (const auto origin = head.header("Origin")) {
        const std::string_view host = host_of_origin(*origin);
        const bool same_host = !host.empty() && equal_ignoring_case(host, head.header("Host").value_or(""));
        const bool downgraded = head.secure && equal_ignoring_case(origin->substr(0, 7), "http://");
        if (same_host && !downgraded) return std::nullopt;
        return "This request comes from another origin. Only our own pages may make it.";
    }
    if (!has_cookie) return std::nullopt;
    return "A request with the session cookie has to say where it comes from (Origin or Sec-Fetch-Site).";
}

std::optional<std::string> session_token(std::string_view cookies)
{
    while (!cookies.empty()) {
        const std::size_t end = cookies.find(';');
        const std::string_view pair = trimmed(cookies.substr(0, end));
        cookies = end == std::string_view::npos ? std::string_view{} : cookies.substr(end + 1);
        const std::size_t equals = pair.find('=');
        if (equals == std::string_view::npos || pair.substr(0, equals) != cookie_name) continue;
        if (equals + 1 == pair.size()) return std::nullopt;
        return std::string(pair.substr(equals + 1));
    }
    return std::nullopt;
}

std::optional<std::string> bearer_token(std::string_view authorization)
{
    constexpr std::string_view scheme = "Bearer ";
    if (!equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
    const std::string_view token = trimmed(authorization.substr(scheme.size()));
    if (token.empty()) return std::nullopt;
    return std::string(token);
}

std::string session_cookie(std::string_view token, long long max_age_seconds)
{
    std::string cookie(cookie_name);
    cookie += "=" + std::string(token) + "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=";
    return cookie + std::to_string(token.empty() ? 0 : max_age_seconds);
}

bool is_json(std::string_view content_type)
{
    return equal_ignoring_case(trimmed(content_type.substr(0, content_type.find(';'))), "application/json");
}

} // namespace trunkline::http
