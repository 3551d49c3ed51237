// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <http/call.hpp>
#include <support/child_process.hpp>
#include <support/run.hpp>
#include <trunkline/db/pool.hpp>

#include <boost/asio/co_spawn.hpp>

namespace trunkline::testing {

/// A migrated database for one test, with people in it, and a loop that the test turns.
///
/// SQLite is a file in a temporary folder; PostgreSQL is a fresh database on a server that the tests of a program
/// share. The clock stands until the test moves it. All calls are made on the test's thread.
class Database {
public:
    explicit Database(db::Engine engine = db::Engine::sqlite, std::size_t connections_max = 5);
    Database(const Database&) = delete;
    /// Drains the pool.
    ~Database();

    db::Pool& pool() { return *pool_; }
    /// Where it is: for a second pool on the same database.
    const std::string& url() const noexcept { return url_; }

    /// Runs `work` to its end, which has to come within a minute.
    template <class T>
    T run(asio::awaitable<T> work);
    void run(asio::awaitable<void> work) { db::testing::run(io, std::move(work)); }

    /// Turns the loop until `reached()`, for at most twenty seconds.
    void until(const std::function<bool()>& reached);
    /// Lets everything happen that can happen now.
    void settle();

    asio::io_context io{1};
    ManualClock clock{Time(std::chrono::microseconds(1'795'000'000'000'000))};

    // One tenant with an administrator, a member of staff and two customers; another tenant with its own staff.
    Uuid tenant = db::new_uuid();
    Uuid other_tenant = db::new_uuid();
    http::Actor admin{tenant, db::new_uuid(), db::new_uuid(), http::Role::admin, "Grace Hopper"};
    http::Actor staff{tenant, db::new_uuid(), db::new_uuid(), http::Role::staff, "Alan Turing"};
    http::Actor customer{tenant, db::new_uuid(), db::new_uuid(), http::Role::customer, "Ada Lovelace"};
    http::Actor other_customer{tenant, db::new_uuid(), db::new_uuid(), http::Role::customer, "Charles Babbage"};
    http::Actor stranger{other_tenant, db::new_uuid(), db::new_uuid(), http::Role::staff, "Konrad Zuse"};

private:
    asio::awaitable<void> fill();

    std::unique_ptr<db::testing::TemporaryFolder> folder_; // of SQLite's file
    std::string url_;
    std::unique_ptr<db::Pool> pool_;
};

/// The address of a person of `Database`: "ada.lovelace@crm.example.test".
std::string email_of(const http::Actor& actor);

// -- Implementation ----------------------------------------------------------

namespace detail {
template <class T>
asio::awaitable<void> keep(asio::awaitable<T> work, std::optional<T>& value)
{
    value.emplace(co_await std::move(work));
}
} // namespace detail

template <class T>
T Database::run(asio::awaitable<T> work)
{
    std::optional<T> value;
    run(detail::keep(std::move(work), value));
    return std::move(*value);
}

} // namespace trunkline::testing
