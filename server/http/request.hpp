// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::http {

/// The head of a request as it came, without Beast's types. The views live as long as the request is served.
struct RequestHead {
    std::string_view method; ///< "GET"
    std::string_view target; ///< "/api/v1/clients?limit=20"
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    std::string peer;          ///< the client's address, through trusted proxies
    std::string local_address; ///< where it was accepted: "127.0.0.1", "::1"
    std::uint16_t local_port = 0;
    bool secure = false; ///< https, as far as a trusted proxy says so
    std::string request_id;

    /// The first header of that name, in any case.
    std::optional<std::string_view> header(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    bool safe() const { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }
};

/// True when both are the same but for A–Z and a–z.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// A target taken apart and decoded.
struct Target {
    std::vector<std::string>
        segments; ///< "/a/b%20c" is {"a", "b c"}; "/" is {}; a slash at the end is an empty last segment
    std::vector<std::pair<std::string, std::string>> query;

    std::string path() const;
};

/// Takes "/path?query" or "http://host/path?query" apart. Nothing when it is malformed: a bad percent sign, bytes that
/// are not UTF-8, a NUL.
std::optional<Target> parse_target(std::string_view target);

} // namespace trunkline::http
