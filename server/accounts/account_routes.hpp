// SPDX-License-Identifier: MIT
#pragma once

#include <accounts/accounts.hpp>
#include <events/hub.hpp>
#include <http/route.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline::accounts {

struct Me {
    Uuid id;
    std::string name;
    std::string email;
    Role role = Role::customer;
    Uuid tenant_id;
    Time created_at;
};
BOOST_DESCRIBE_STRUCT(Me, (), (id, name, email, role, tenant_id, created_at))

struct SetUpState {
    bool needed = false;
};
BOOST_DESCRIBE_STRUCT(SetUpState, (), (needed))

struct RegistrationMode {
    Registration mode = Registration::closed;
};
BOOST_DESCRIBE_STRUCT(RegistrationMode, (), (mode))

struct RegistrationAnswer {
    UserStatus status = UserStatus::pending;
};
BOOST_DESCRIBE_STRUCT(RegistrationAnswer, (), (status))

struct SessionShown {
    Uuid id;
    Time created_at;
    Time last_seen_at;
    std::string peer;
    std::string user_agent;
    bool current = false;
};
BOOST_DESCRIBE_STRUCT(SessionShown, (), (id, created_at, last_seen_at, peer, user_agent, current))

struct ById {
    Uuid id;
};
BOOST_DESCRIBE_STRUCT(ById, (), (id))

struct NewRole {
    Role role = Role::customer;
};
BOOST_DESCRIBE_STRUCT(NewRole, (), (role))

/// The paths by which people come in, go out, and let others in.
class AccountRoutes {
public:
    AccountRoutes(db::Pool& pool, Accounts& accounts, Clock& clock, events::Hub& hub)
        : pool_(pool), accounts_(accounts), clock_(clock), hub_(hub)
    {}

    std::vector<http::Route> table();

private:
    template <class T>
    using Answer = asio::awaitable<Outcome<T>>;
    using Call = http::Call;

    Answer<SetUpState> setup_state(Call& call);
    Answer<http::Created<Me>> set_up(Call& call, http::Body<SetUp> input);
    Answer<RegistrationMode> registration_mode(Call& call);
    Answer<http::Created<RegistrationAnswer>> register_user(Call& call, http::Body<Register> input);
    Answer<Me> log_in(Call& call, http::Body<LogIn> input);
    Answer<http::NoContent> log_out(Call& call);
    Answer<Me> me(Call& call);
    Answer<http::Page<SessionShown>> sessions(Call& call);
    Answer<http::NoContent> revoke_session(Call& call, http::Path<ById> path);
    Answer<http::Page<User>> users(Call& call, http::Params<UserFilter> filter, http::DatabaseParameters database);
    Answer<User> approve(Call& call, http::Path<ById> path);
    Answer<User> change_role(Call& call, http::Path<ById> path, http::Body<NewRole> input);

    db::Pool& pool_;
    Accounts& accounts_;
    Clock& clock_;
    events::Hub& hub_;
};

} // namespace trunkline::accounts
