// SPDX-License-Identifier: MIT
#include <accounts/accounts.hpp>

#include <trunkline/db/error.hpp>
#include <trunkline/db/transaction.hpp>

namespace trunkline::accounts {

namespace {

constexpr std::chrono::hours setup_code_life{1};

Refusal bad_setup_code()
{
    return forbidden(
        "this set-up link is not good any more; start the program again: it prints a new one while there is no administrator");
}

Refusal bad_log_in() { return {Refused::unauthenticated, "the e-mail address or the password is wrong", {}, 0}; }

} // namespace

User Accounts::new_user(const Uuid& tenant, const Text<1, 100>& name, const Email& email, Role role,
                        UserStatus status) const
{
    return {db::new_uuid(), tenant, name.value(), email.value(), role, status, clock_.now()};
}

asio::awaitable<std::string> Accounts::new_setup_code(db::Executor& db)
{
    std::string code = random_token();
    db::Batch batch;
    batch.add("DELETE FROM setup_codes");
    batch.add("INSERT INTO setup_codes (code_hash, expires_at) VALUES ($1, $2)", sha256_hex(code),
              clock_.now() + setup_code_life);
    co_await db.run(std::move(batch));
    co_return code;
}

asio::awaitable<Outcome<SignedIn>> Accounts::set_up(db::Executor& db, SetUp input, Origin origin)
{
    if (auto problem = password_problem(input.password, input.email.value())) co_return invalid("/password", *problem);
    const std::string code_hash = sha256_hex(input.code);
    auto asked = db.fetch<std::string>("SELECT code_hash FROM setup_codes WHERE code_hash = $1 AND expires_at > $2",
                                       code_hash, clock_.now());
    if ((co_await std::move(asked)).empty()) co_return bad_setup_code();
    const std::string hash = co_await passwords_.hash(std::move(input.password));

    auto tx = co_await db.begin();
    const auto spent = co_await tx.execute("DELETE FROM setup_codes WHERE code_hash = $1 AND expires_at > $2",
                                           code_hash, clock_.now());
    if (spent != 1 || co_await has_users(tx)) co_return bad_setup_code();
    const Uuid tenant = db::new_uuid();
    const User user = new_user(tenant, input.name, input.email, Role::admin, UserStatus::active);
    co_await tx.execute("INSERT INTO tenants (id, name, default_region, created_at) VALUES ($1, $2, $3, $4)", tenant,
                        "default", default_region_, user.created_at);
    co_await insert_user(tx, user, hash);
    NewSession session =
        co_await open_session(tx, user, clock_.now(), std::move(origin.peer), std::move(origin.user_agent));
    co_await tx.commit();
    co_return SignedIn{user, std::move(session)};
}

asio::awaitable<Outcome<Registered>> Accounts::register_user(db::Executor& db, Register input, Origin origin)
{
    if (registration_ == Registration::closed)
        co_return forbidden("registration is closed here; ask the people who run this site for an account");
    if (auto problem = password_problem(input.password, input.email.value())) co_return invalid("/password", *problem);
    const auto tenant = co_await db.fetch_optional<Uuid>("SELECT id FROM tenants ORDER BY id LIMIT 1");
    if (!tenant) co_return Refusal{Refused::unavailable, "this site is not set up yet", {}, 60};
    const std::string hash = co_await passwords_.hash(std::move(input.password));
    const bool open = registration_ == Registration::open;
    const User user =
        new_user(*tenant, input.name, input.email, Role::customer, open ? UserStatus::active : UserStatus::pending);
    try {
        auto tx = co_await db.begin();
        co_await insert_user(tx, user, hash);
        Registered made{user, std::nullopt};
        if (open)
            made.session =
                co_await open_session(tx, user, clock_.now(), std::move(origin.peer), std::move(origin.user_agent));
        co_await tx.commit();
        co_return made;
    } catch (const db::UniqueViolation&) {
        co_return conflict("there is an account with this e-mail address already; sign in instead");
    }
}

asio::awaitable<Outcome<SignedIn>> Accounts::log_in(db::Executor& db, LogIn input, Origin origin)
{
    const auto user = co_await find_user_by_email(db, input.email);
    const bool good = user ? co_await passwords_.verify(std::move(input.password), user->password_hash)
                           : co_await passwords_.verify_nothing(std::move(input.password));
    if (!good) co_return bad_log_in();
    if (user->status == UserStatus::pending) co_return forbidden("your account waits for an administrator's approval");
    if (user->status != UserStatus::active) co_return forbidden("your account is disabled");
    NewSession session =
        co_await open_session(db, *user, clock_.now(), std::move(origin.peer), std::move(origin.user_agent));
    co_return SignedIn{*user, std::move(session)};
}

asio::awaitable<Outcome<User>> Accounts::approve(db::Executor& db, const http::Actor& admin, Uuid user)
{
    auto approved = db.execute("UPDATE users SET status = 'active', approved_at = $1, approved_by = $2"
                               " WHERE tenant_id = $3 AND id = $4 AND status = 'pending'",
                               clock_.now(), admin.user_id, admin.tenant_id, user);
    const bool changed = co_await std::move(approved) == 1;
    const auto found = co_await find_user(db, admin.tenant_id, user);
    if (!found) co_return not_found("user");
    if (!changed) co_return conflict("this account does not wait for approval");
    co_return *found;
}

asio::awaitable<Outcome<User>> Accounts::change_role(db::Executor& db, const http::Actor& admin, Uuid user, Role role)
{
    if (user == admin.user_id) co_return conflict("you cannot change your own role: ask another administrator");
    const http::Actor by = admin;
    auto tx = co_await db.begin();
    // One change at a time in a tenant, and only by who is an administrator still: of two who take the role from each
    // other one remains. The row of the tenant is the lock.
    co_await tx.execute("UPDATE tenants SET name = name WHERE id = $1", by.tenant_id);
    const auto asking = co_await find_user(tx, by.tenant_id, by.user_id);
    if (!asking || asking->role != Role::admin) co_return forbidden("you are no administrator any more");
    const auto changed =
        co_await tx.execute("UPDATE users SET role = $1 WHERE tenant_id = $2 AND id = $3", role, by.tenant_id, user);
    if (changed == 0) co_return not_found("user");
    const auto found = co_await find_user(tx, by.tenant_id, user);
    co_await tx.commit();
    co_return *found;
}

} // namespace trunkline::accounts
