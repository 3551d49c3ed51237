// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <base/json.hpp>
#include <http/call.hpp>

#include <boost/describe/enum.hpp>

namespace trunkline::accounts {

using http::Role;

enum class UserStatus { pending, active, disabled };
BOOST_DESCRIBE_ENUM(UserStatus, pending, active, disabled)

/// Who signs in. The e-mail address is unique in the whole program: a tenant is found by it.
struct User {
    Uuid id;
    Uuid tenant_id;
    std::string name;
    std::string email;
    Role role = Role::customer;
    UserStatus status = UserStatus::pending;
    Time created_at;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, tenant_id, name, email, role, status, created_at))

/// A user with what proves that it is him.
struct UserSecret : User {
    std::string password_hash;
};
BOOST_DESCRIBE_STRUCT(UserSecret, (User), (password_hash))

struct UserFilter {
    std::optional<UserStatus> status;
    Bounded<1, 200, 50> limit;
    std::optional<Uuid> after;
};
BOOST_DESCRIBE_STRUCT(UserFilter, (), (status, limit, after))

/// What is wrong with a new password, or nothing: 8 to 200 characters, with upper case, lower case and a digit, not
/// among the commonest, not the e-mail address.
std::optional<std::string> password_problem(std::string_view password, std::string_view email);

asio::awaitable<std::optional<User>> find_user(db::Executor& db, const Uuid& tenant, const Uuid& id);
asio::awaitable<std::optional<UserSecret>> find_user_by_email(db::Executor& db, const Email& email);
asio::awaitable<bool> has_users(db::Executor& db);
/// UniqueViolation when the address is taken.
asio::awaitable<void> insert_user(db::Executor& db, const User& user, const std::string& password_hash);
/// Newest first.
asio::awaitable<std::vector<User>> list_users(db::Executor& db, const Uuid& tenant, const UserFilter& filter);
/// The addresses of staff and administrators: never clients.
asio::awaitable<std::vector<std::string>> staff_addresses(db::Executor& db, const Uuid& tenant);

} // namespace trunkline::accounts
