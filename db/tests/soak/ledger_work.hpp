// SPDX-License-Identifier: MIT
#pragma once

#include <support/postgres_server.hpp>

#include <trunkline/db/pool.hpp>

#include <boost/asio/steady_timer.hpp>

#include <random>

namespace trunkline::db::soak {

/// Tasks that read and write on a pool and keep books of what they were told: in the end the server's rows have to be
/// those that were said to be applied, and beyond them only some whose outcome was unknown.
class LedgerWork {
public:
    struct Tally {
        std::uint64_t right = 0;   ///< answers that were looked at
        std::uint64_t written = 0; ///< rows said to be applied
        std::uint64_t unknown = 0; ///< rows of which nobody knows
        std::uint64_t lost = 0;    ///< calls that a fault ended
        std::uint64_t findings = 0;
        std::string first_finding;
    };

    /// `executor` is the pool's.
    LedgerWork(Pool& pool, const asio::any_io_executor& executor, const testing::PostgresServer& server,
               std::uint32_t seed);

    /// Begins so many tasks.
    void start(std::size_t tasks);
    void stop() noexcept { stopping_ = true; }
    asio::awaitable<void> finished();
    /// Compares the books with the server.
    void compare();
    const Tally& tally() const noexcept { return tally_; }

private:
    using Random = std::mt19937;

    asio::awaitable<void> live(Random random);
    asio::awaitable<void> once(Random& random);
    asio::awaitable<void> read(std::int64_t question);
    asio::awaitable<void> fail_on_purpose();
    asio::awaitable<void> write_alone(std::int64_t id);
    asio::awaitable<void> write_in_a_transaction(std::int64_t id);
    asio::awaitable<void> write_as_a_unit(std::int64_t id);
    void wrote(std::int64_t id, std::uint8_t fate);
    bool note(std::exception_ptr failure);
    void finding(std::string what);

    Pool& pool_;
    const asio::any_io_executor executor_;
    const testing::PostgresServer& server_;
    std::uint32_t seed_;
    asio::steady_timer home_;
    std::size_t out_ = 0;
    bool stopping_ = false;
    std::vector<std::uint8_t> fates_; // of the rows, by id
    Tally tally_;
};

} // namespace trunkline::db::soak
