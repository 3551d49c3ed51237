// SPDX-License-Identifier: MIT
#include <accounts/sessions.hpp>

#include <base/crypto.hpp>
#include <base/utf8.hpp>

namespace trunkline::accounts {

namespace {

/// How exactly `last_seen_at` is kept: not one write for each request.
constexpr std::chrono::minutes seen_every{5};

struct Found {
    Uuid id, tenant_id, user_id;
    Role role = Role::customer;
    UserStatus status = UserStatus::disabled;
    std::string name;
    Time last_seen_at, expires_at;
};
BOOST_DESCRIBE_STRUCT(Found, (), (id, tenant_id, user_id, role, status, name, last_seen_at, expires_at))

bool is_good(const Found& session, Time now)
{
    return session.status == UserStatus::active && now < session.expires_at &&
           now < session.last_seen_at + session_idle_max;
}

} // namespace

asio::awaitable<NewSession> open_session(db::Executor& db, const User& user, Time now, std::string peer,
                                         std::string user_agent)
{
    NewSession made{db::new_uuid(), random_token()};
    const std::string agent(first_characters(user_agent, 300));
    auto inserted = db.execute(
        "INSERT INTO sessions (id, tenant_id, user_id, token_hash, peer, user_agent, created_at, last_seen_at,"
        " expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
        made.id, user.tenant_id, user.id, sha256_hex(made.token), peer, agent, now, now + session_age_max);
    co_await std::move(inserted);
    co_return made;
}

asio::awaitable<std::vector<Session>> list_sessions(db::Executor& db, const Uuid& user, Time now)
{
    return db.fetch<Session>("SELECT id, created_at, last_seen_at, peer, user_agent FROM sessions"
                             " WHERE user_id = $1 AND expires_at > $2 AND last_seen_at > $3 ORDER BY id DESC LIMIT 200",
                             user, now, now - session_idle_max);
}

asio::awaitable<bool> close_session(db::Executor& db, const Uuid& user, const Uuid& session)
{
    auto closed = db.execute("DELETE FROM sessions WHERE user_id = $1 AND id = $2", user, session);
    co_return co_await std::move(closed) == 1;
}

asio::awaitable<std::uint64_t> forget_ended_sessions(db::Executor& db, Time now)
{
    return db.execute("DELETE FROM sessions WHERE expires_at <= $1 OR last_seen_at <= $2", now, now - session_idle_max);
}

asio::awaitable<std::optional<http::Actor>> SessionAuthenticator::authenticate(const http::Credentials& credentials)
{
    const auto& token = credentials.session_token ? credentials.session_token : credentials.bearer_token;
    if (!token) co_return std::nullopt;
    auto asked = db_.fetch_optional<Found>(
        "SELECT s.id, s.tenant_id, s.user_id, u.role, u.status, u.name, s.last_seen_at, s.expires_at"
        " FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = $1",
        sha256_hex(*token));
    const auto found = co_await std::move(asked);
    const Time now = clock_.now();
    if (!found || !is_good(*found, now)) co_return std::nullopt;
    co_await note_seen(found->id, found->last_seen_at, now);
    co_return http::Actor{found->tenant_id, found->user_id, found->id, found->role, found->name};
}

asio::awaitable<void> SessionAuthenticator::note_seen(const Uuid& session, Time last_seen, Time now)
{
    if (now < last_seen + seen_every) co_return;
    co_await db_.execute("UPDATE sessions SET last_seen_at = $1 WHERE id = $2", now, session);
}

} // namespace trunkline::accounts
