// SPDX-License-Identifier: MIT
#pragma once

#include <accounts/sessions.hpp>
#include <base/crypto.hpp>

namespace trunkline::accounts {

enum class Registration { closed, approve, open };
BOOST_DESCRIBE_ENUM(Registration, closed, approve, open)

struct SetUp {
    std::string code;
    Text<1, 100> name;
    Email email;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(SetUp, (), (code, name, email, password))

struct Register {
    Text<1, 100> name;
    Email email;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(Register, (), (name, email, password))

struct LogIn {
    Email email;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(LogIn, (), (email, password))

/// From where somebody signs in.
struct Origin {
    std::string peer;
    std::string user_agent;
};

struct SignedIn {
    User user;
    NewSession session;
};

struct Registered {
    User user;
    std::optional<NewSession> session; ///< when it was activated at once
};

/// How people come in: the first administrator by a link that only the log shows, others by registering, everybody by
/// e-mail address and password. Passwords are hashed on a lane, and no connection is held meanwhile.
class Accounts {
public:
    Accounts(Clock& clock, Passwords& passwords, Registration registration, std::string default_region)
        : clock_(clock), passwords_(passwords), registration_(registration), default_region_(std::move(default_region))
    {}

    Registration registration() const noexcept { return registration_; }

    /// A one-time code, good for an hour, that makes the first administrator. Codes made before are void.
    asio::awaitable<std::string> new_setup_code(db::Executor& db);
    /// Makes the default tenant and its administrator; the code is spent. forbidden: wrong, spent or too old.
    asio::awaitable<Outcome<SignedIn>> set_up(db::Executor& db, SetUp input, Origin origin);

    /// forbidden when registration is closed; conflict when the address is taken.
    asio::awaitable<Outcome<Registered>> register_user(db::Executor& db, Register input, Origin origin);

    /// unauthenticated (and as slow for an unknown address), forbidden while the account waits for approval.
    asio::awaitable<Outcome<SignedIn>> log_in(db::Executor& db, LogIn input, Origin origin);

    asio::awaitable<Outcome<User>> approve(db::Executor& db, const http::Actor& admin, Uuid user);
    /// An administrator cannot take his own role away, so that one always remains. forbidden: he is none any more.
    asio::awaitable<Outcome<User>> change_role(db::Executor& db, const http::Actor& admin, Uuid user, Role role);

private:
    User new_user(const Uuid& tenant, const Text<1, 100>& name, const Email& email, Role role, UserStatus status) const;

    Clock& clock_;
    Passwords& passwords_;
    Registration registration_;
    std::string default_region_;
};

} // namespace trunkline::accounts
