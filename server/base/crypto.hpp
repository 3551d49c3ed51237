// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/lane.hpp>
#include <trunkline/db/types.hpp>

#include <string>
#include <string_view>

namespace trunkline {

/// 256 random bits, URL-safe, 43 characters: session tokens, one-time codes.
std::string random_token();

/// SHA-256 of `text`, 64 hexadecimal digits: how tokens are stored.
std::string sha256_hex(std::string_view text);

/// True when both are equal; takes the same time whichever byte differs.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

/// Hashes and checks passwords with Argon2id (19 MiB, 2 passes, 1 lane; OWASP) on a lane of its own, so that a storm of
/// log-ins takes one core and 19 MiB, not the program. When 32 wait already, `db::Lane::Full`: 503.
class Passwords {
public:
    Passwords() : lane_("argon2", 1, queue_max) {}

    /// A PHC string: "$argon2id$v=19$m=19456,t=2,p=1$…".
    db::asio::awaitable<std::string> hash(std::string password);
    db::asio::awaitable<bool> verify(std::string password, std::string hash);
    /// Takes as long as `verify` and says false: for addresses nobody has, so that time does not tell.
    db::asio::awaitable<bool> verify_nothing(std::string password);

private:
    static constexpr std::size_t queue_max = 32;
    db::Lane lane_;
};

} // namespace trunkline
