// SPDX-License-Identifier: MIT
#pragma once

#include <http/request.hpp>

namespace trunkline::http {

/// Why a request that changes something must not be served, or nothing. A browser says where a request comes from
/// (Sec-Fetch-Site, else Origin); without a word of it the request may only come without our cookie, as curl's does.
/// Requests with a bearer token are not asked: no other site can make a browser send one.
std::optional<std::string> cross_origin_refusal(const RequestHead& head, bool has_cookie, bool has_bearer);

/// The session's token in a Cookie header: the value of `__Host-trunkline`, which only this host can have set over a
/// secure channel. The same name without the prefix is never looked at.
std::optional<std::string> session_token(std::string_view cookie_header);

/// The token of "Authorization: Bearer …".
std::optional<std::string> bearer_token(std::string_view authorization_header);

/// The value of Set-Cookie that makes a browser keep `token`; an empty token takes the cookie away.
std::string session_cookie(std::string_view token, long long max_age_seconds);

/// True for "application/json", with or without parameters.
bool is_json(std::string_view content_type);

} // namespace trunkline::http
