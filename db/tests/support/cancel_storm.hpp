// SPDX-License-Identifier: MIT
#pragma once

#include <support/mariadb_server.hpp>
#include <support/postgres_server.hpp>

#include <trunkline/db/pool.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <functional>
#include <random>
#include <thread>

namespace trunkline::db::testing {

/// Calls that are stopped while they run, by deadlines and by cancelled coroutines, in every way a pool can be used: as
/// a helper, on a lease, in a transaction, as a unit. Bystanders use the same connections all the while, and each of
/// their answers is looked at: none may be wrong, missing, or stopped.
class CancelStorm {
public:
    struct Settings {
        std::uint64_t tries = 1'000; ///< to stop something; both sides win some
        std::size_t stoppers = 8;    ///< tasks that stop their own calls
        std::size_t bystanders = 8;  ///< tasks that only want their answers
        std::uint32_t seed = 1;
        bool faults = false; ///< connections are lost meanwhile: that is no finding
    };

    struct Tally {
        std::uint64_t tries = 0;
        std::uint64_t stopped = 0;  ///< before it was done
        std::uint64_t answered = 0; ///< in spite of it
        std::uint64_t checks = 0;   ///< answers of calls that nobody stopped, all right
        std::uint64_t lost = 0;     ///< calls that a fault ended
        std::uint64_t findings = 0;
        std::string first_finding;
    };

    CancelStorm(Pool& pool, Settings settings) : pool_(pool), settings_(settings) {}

    /// Makes what the storm calls on the server.
    static void prepare(const PostgresServer& server, std::string_view database = "postgres");
    static void prepare(const MariadbServer& server, const std::string& database);

    /// Ends when all tries are made and everybody has come home.
    asio::awaitable<void> run();
    /// Makes no further tries.
    void calm() noexcept { settings_.tries = 0; }
    const Tally& tally() const noexcept { return tally_; }

private:
    using Random = std::mt19937;

    asio::awaitable<void> stop_calls(Random random);
    asio::awaitable<void> stand_by();
    asio::awaitable<void> stop_one(Random& random);
    asio::awaitable<void> on_a_lease(Random& random);
    asio::awaitable<void> in_a_transaction(Random& random);
    asio::awaitable<bool> call(Executor& db, Random& random);
    asio::awaitable<void> call_by_deadline(Executor& db, std::chrono::microseconds patience, double seconds);
    asio::awaitable<void> call_and_cancel(Executor& db, std::chrono::microseconds patience, double seconds);
    asio::awaitable<void> unit(Executor& db, std::chrono::microseconds patience, double seconds);
    asio::awaitable<void> ask(Executor& db, double seconds);
    asio::awaitable<void> check(Executor& db);
    void note(std::exception_ptr failure, bool may_be_stopped);
    void finding(std::string what);

    Pool& pool_;
    Settings settings_;
    Tally tally_;
    std::int64_t questions_ = 0;
    std::size_t out_ = 0; // tasks that have not come home
    asio::steady_timer* home_ = nullptr;
};

/// Expects that nothing happened but the stops themselves, of which there were enough, and prints how many.
void expect_calm_after(const CancelStorm::Tally& tally);

/// Counts, over and over, the connections that a server has from programs of this name.
class ConnectionWatch {
public:
    ConnectionWatch(const PostgresServer& server, const std::string& application_name);
    /// REQUIRES: it has its performance schema.
    ConnectionWatch(const MariadbServer& server, const std::string& application_name);
    ConnectionWatch(const ConnectionWatch&) = delete;
    ~ConnectionWatch();

    /// The most there ever were, and how often was looked.
    int most() const noexcept { return most_; }
    int looks() const noexcept { return looks_; }

private:
    /// How many there are now; nothing when the server does not answer.
    using Count = std::function<std::optional<int>()>;

    explicit ConnectionWatch(Count count);
    void look(const Count& count);

    std::atomic<bool> ending_ = false;
    std::atomic<int> most_ = 0;
    std::atomic<int> looks_ = 0;
    std::thread thread_;
};

} // namespace trunkline::db::testing
