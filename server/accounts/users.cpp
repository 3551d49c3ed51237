// SPDX-License-Identifier: MIT
#include <accounts/users.hpp>

#include <base/utf8.hpp>

namespace trunkline::accounts {

namespace {

/// The commonest passwords that would pass the rule, in lower case.
constexpr std::string_view commonest[] = {
    "password1",   "password12", "password123", "passw0rd",   "p4ssword",   "qwerty123",  "qwerty12",   "qwerty1",
    "qwertyuiop1", "abc12345",   "abcd1234",    "abc123456",  "welcome1",   "welcome123", "letmein1",   "iloveyou1",
    "sunshine1",   "princess1",  "football1",   "monkey123",  "dragon123",  "master123",  "changeme1",  "admin123",
    "admin1234",   "superman1",  "baseball1",   "michael1",   "trustno1",   "1q2w3e4r",   "1q2w3e4r5t", "zaq12wsx",
    "q1w2e3r4",    "test1234",   "hello123",    "summer2024", "winter2024", "summer2025", "winter2025", "summer2026",
};

bool has(std::string_view text, bool (*wanted)(char)) { return std::ranges::any_of(text, wanted); }

} // namespace

std::optional<std::string> password_problem(std::string_view password, std::string_view email)
{
    const std::size_t length = count_characters(password);
    if (length < 8) return "must have at least 8 characters";
    if (length > 200) return "must have at most 200 characters";
    if (!has(password, [](char c) { return c >= 'A' && c <= 'Z'; })) return "must contain an upper-case letter";
    if (!has(password, [](char c) { return c >= 'a' && c <= 'z'; })) return "must contain a lower-case letter";
    if (!has(password, [](char c) { return c >= '0' && c <= '9'; })) return "must contain a digit";
    const std::string lower = ascii_lower(password);
    if (lower == email) return "must not be your e-mail address";
    if (std::ranges::find(commonest, lower) != std::end(commonest))
        return "is one of the most common passwords: choose another";
    return std::nullopt;
}

asio::awaitable<std::optional<User>> find_user(db::Executor& db, const Uuid& tenant, const Uuid& id)
{
    return db.fetch_optional<User>(
        "SELECT id, tenant_id, name, email, role, status, created_at FROM users WHERE tenant_id = $1 AND id = $2",
        tenant, id);
}

asio::awaitable<std::optional<UserSecret>> find_user_by_email(db::Executor& db, const Email& email)
{
    return db.fetch_optional<UserSecret>(
        "SELECT id, tenant_id, name, email, role, status, created_at, password_hash FROM users WHERE email = $1",
        email.value());
}

asio::awaitable<bool> has_users(db::Executor& db)
{
    co_return (co_await db.fetch<Uuid>("SELECT id FROM users LIMIT 1")).size() == 1;
}

asio::awaitable<void> insert_user(db::Executor& db, const User& user, const std::string& password_hash)
{
    auto inserted = db.execute("INSERT INTO users (id, tenant_id, name, email, password_hash, role, status, created_at)"
                               " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                               user.id, user.tenant_id, user.name, user.email, password_hash, user.role, user.status,
                               user.created_at);
    co_await std::move(inserted);
}

asio::awaitable<std::vector<User>> list_users(db::Executor& db, const Uuid& tenant, const UserFilter& filter)
{
    db::SqlBuilder sql("SELECT id, tenant_id, name, email, role, status, created_at FROM users WHERE tenant_id = $1",
                       tenant);
    if (filter.status) sql.add("AND status = $1", *filter.status);
    if (filter.after) sql.add("AND id < $1", *filter.after);
    sql.add("ORDER BY id DESC LIMIT $1", filter.limit.value() + 1);
    return db.fetch<User>(std::move(sql).build());
}

asio::awaitable<std::vector<std::string>> staff_addresses(db::Executor& db, const Uuid& tenant)
{
    return db.fetch<std::string>("SELECT email FROM users WHERE tenant_id = $1 AND role <> 'customer'", tenant);
}

} // namespace trunkline::accounts
