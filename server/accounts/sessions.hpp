// SPDX-License-Identifier: MIT
#pragma once

#include <accounts/users.hpp>

namespace trunkline::accounts {

/// A browser that signed in. Its token is known to it alone: the database keeps the SHA-256.
struct Session {
    Uuid id;
    Time created_at;
    Time last_seen_at;
    std::string peer;
    std::string user_agent;
};
BOOST_DESCRIBE_STRUCT(Session, (), (id, created_at, last_seen_at, peer, user_agent))

inline constexpr std::chrono::hours session_idle_max{14 * 24};
inline constexpr std::chrono::hours session_age_max{60 * 24};

/// What the browser is given once.
struct NewSession {
    Uuid id;
    std::string token;
};

asio::awaitable<NewSession> open_session(db::Executor& db, const User& user, Time now, std::string peer,
                                         std::string user_agent);

/// Those of one user that are still good, newest first.
asio::awaitable<std::vector<Session>> list_sessions(db::Executor& db, const Uuid& user, Time now);

/// False when it is none of this user's.
asio::awaitable<bool> close_session(db::Executor& db, const Uuid& user, const Uuid& session);

/// Forgets sessions that have ended.
asio::awaitable<std::uint64_t> forget_ended_sessions(db::Executor& db, Time now);

/// Finds out who asks by the session's token.
class SessionAuthenticator final : public http::Authenticator {
public:
    SessionAuthenticator(db::Executor& db, const Clock& clock) : db_(db), clock_(clock) {}

    asio::awaitable<std::optional<http::Actor>> authenticate(const http::Credentials& credentials) override;

private:
    asio::awaitable<void> note_seen(const Uuid& session, Time last_seen, Time now);

    db::Executor& db_;
    const Clock& clock_;
};

} // namespace trunkline::accounts
