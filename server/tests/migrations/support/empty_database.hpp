// SPDX-License-Identifier: MIT
#pragma once

#include <support/database.hpp>

#include <set>

namespace trunkline::testing {

/// A database that nobody has migrated yet.
class EmptyDatabase {
public:
    explicit EmptyDatabase(db::Engine engine);
    EmptyDatabase(const EmptyDatabase&) = delete;
    /// Drains the pools.
    ~EmptyDatabase();

    db::Engine engine() const noexcept { return engine_; }
    db::Pool& pool() { return *pools_.front(); }
    /// Another program on the same database: a pool of its own, on PostgreSQL as that user.
    db::Pool& another_pool(std::string_view user = "postgres");

    template <class T>
    T run(asio::awaitable<T> work);
    void run(asio::awaitable<void> work) { db::testing::run(io, std::move(work)); }

    void execute(std::string sql);
    /// The rows of a query with one column of text.
    std::vector<std::string> texts(std::string sql);

    asio::io_context io{1};
    ManualClock clock{Time(std::chrono::microseconds(1'795'000'000'000'000))};

private:
    db::Engine engine_;
    std::unique_ptr<db::testing::TemporaryFolder> folder_; // of SQLite's file
    std::string name_;                                     // PostgreSQL's
    std::vector<std::unique_ptr<db::Pool>> pools_;
};

/// All that the schema of a database says, one line for each column, key, index, reference and set of checks, in words
/// that both engines share: types are SQLite's, names that the engine made up itself are left out.
std::set<std::string> schema_of(EmptyDatabase& database);

// -- Implementation ----------------------------------------------------------

template <class T>
T EmptyDatabase::run(asio::awaitable<T> work)
{
    std::optional<T> value;
    run(detail::keep(std::move(work), value));
    return std::move(*value);
}

} // namespace trunkline::testing
