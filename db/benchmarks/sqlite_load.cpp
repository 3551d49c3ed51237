// SPDX-License-Identifier: MIT
// SQLite by itself and through the pool: WAL and synchronous=FULL, a file that is made for it.
//
//   db_sqlite_load FOLDER MODE WORK TASKS SECONDS
//
//   MODE  raw          sqlite3 on this thread, a transaction for each statement
//         transaction  sqlite3 on this thread, one transaction around all of them; its commit is counted
//         pool         the pool's helpers, called by TASKS coroutines
//   WORK  read         a row by its key, of `bench_rows`
//         insert       a row into `bench_log`
//
// Ends with one line of JSON: how many a second, and for how long each was under way as its caller saw it.
#include <trunkline/db.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe/class.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <random>

namespace asio = boost::asio;
namespace db = trunkline::db;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::int64_t rows = 10'000;
constexpr auto warm = std::chrono::milliseconds(300);
constexpr const char* tables = R"(
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE bench_rows (id INTEGER PRIMARY KEY, name TEXT, email TEXT) STRICT;
    CREATE TABLE bench_log (id INTEGER PRIMARY KEY, row_id INTEGER, name TEXT) STRICT;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
        INSERT INTO bench_rows SELECT i, 'name ' || i, 'name' || i || '@crm.example.test' FROM n;
)";

struct Person {
    std::int64_t id;
    std::string name;
    std::string email;
};
BOOST_DESCRIBE_STRUCT(Person, (), (id, name, email))

/// What was done between `from` and `until`.
struct Tally {
    Clock::time_point from;
    Clock::time_point until;
    std::vector<std::uint32_t> microseconds{};

    void add(Clock::time_point began, Clock::time_point ended)
    {
        if (began >= from)
            microseconds.push_back(static_cast<std::uint32_t>((ended - began) / std::chrono::microseconds(1)));
    }
};

// -- sqlite3 by itself -------------------------------------------------------

using Handle = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;
using Prepared = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

void check(sqlite3* handle, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
        throw std::runtime_error(std::string("sqlite: ") + sqlite3_errmsg(handle));
}

Handle open(const std::string& file)
{
    sqlite3* handle = nullptr;
    const int code = sqlite3_open(file.c_str(), &handle);
    Handle owned(handle, sqlite3_close);
    check(handle, code);
    return owned;
}

Prepared prepare(sqlite3* handle, const char* text)
{
    sqlite3_stmt* statement = nullptr;
    check(handle, sqlite3_prepare_v2(handle, text, -1, &statement, nullptr));
    return Prepared(statement, sqlite3_finalize);
}

/// The columns are copied, as a program that goes on with them has to.
void raw_read(sqlite3* handle, sqlite3_stmt* statement, std::int64_t id)
{
    const auto text = [statement](int column) {
        return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)));
    };
    sqlite3_bind_int64(statement, 1, id);
    check(handle, sqlite3_step(statement));
    const Person person{sqlite3_column_int64(statement, 0), text(1), text(2)};
    check(handle, sqlite3_reset(statement));
    if (person.id != id) throw std::runtime_error("another's row");
}

void raw_insert(sqlite3* handle, sqlite3_stmt* statement, std::int64_t id)
{
    const std::string name = "name " + std::to_string(id);
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_text(statement, 2, name.data(), static_cast<int>(name.size()), SQLITE_TRANSIENT);
    check(handle, sqlite3_step(statement));
    check(handle, sqlite3_reset(statement));
}

void run_raw(const std::string& file, bool transaction, bool insert, Tally& tally)
{
    const Handle handle = open(file);
    check(handle.get(), sqlite3_exec(handle.get(), "PRAGMA synchronous = FULL", nullptr, nullptr, nullptr));
    const Prepared statement = prepare(handle.get(), insert ? "INSERT INTO bench_log (row_id, name) VALUES ($1, $2)"
                                                            : "SELECT id, name, email FROM bench_rows WHERE id = $1");
    std::mt19937 random(1);
    std::uniform_int_distribution<std::int64_t> any(1, rows);
    if (transaction) {
        check(handle.get(), sqlite3_exec(handle.get(), "BEGIN", nullptr, nullptr, nullptr));
        tally.from = Clock::now(); // what is committed at the end is then what is counted
    }
    for (auto began = Clock::now(); began < tally.until;) {
        (insert ? raw_insert : raw_read)(handle.get(), statement.get(), any(random));
        const auto ended = Clock::now();
        tally.add(began, ended);
        began = ended;
    }
    if (transaction) {
        check(handle.get(), sqlite3_exec(handle.get(), "COMMIT", nullptr, nullptr, nullptr));
        tally.until = Clock::now();
    }
}

// -- through the pool --------------------------------------------------------

asio::awaitable<void> one(db::Pool& pool, bool insert, std::int64_t id)
{
    if (insert) {
        const std::string name = "name " + std::to_string(id);
        co_await pool.execute("INSERT INTO bench_log (row_id, name) VALUES ($1, $2)", id, name);
    } else {
        const auto person = co_await pool.fetch_one<Person>("SELECT id, name, email FROM bench_rows WHERE id = $1", id);
        if (person.id != id) throw std::runtime_error("another's row");
    }
}

asio::awaitable<void> task(db::Pool& pool, bool insert, unsigned seed, Tally& tally)
{
    std::mt19937 random(seed);
    std::uniform_int_distribution<std::int64_t> any(1, rows);
    for (auto began = Clock::now(); began < tally.until;) {
        co_await one(pool, insert, any(random));
        const auto ended = Clock::now();
        tally.add(began, ended);
        began = ended;
    }
}

void run_pool(const std::string& file, bool insert, unsigned tasks, Tally& tally)
{
    asio::io_context io(1);
    db::Pool pool(io.get_executor(), db::Options::parse("sqlite://" + file));
    unsigned running = tasks;
    const auto ended = [&running](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
        --running;
    };
    for (unsigned seed = 0; seed < tasks; ++seed) asio::co_spawn(io, task(pool, insert, seed, tally), ended);
    while (running != 0 && io.run_one() != 0) {}
}

// ----------------------------------------------------------------------------

void print(Tally& tally)
{
    const double seconds = std::chrono::duration<double>(tally.until - tally.from).count();
    auto& sorted = tally.microseconds;
    std::ranges::sort(sorted);
    const auto at = [&](double part) {
        return sorted.empty() ? 0u : sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
    };
    std::cout << "{\"per_second\": " << static_cast<std::uint64_t>(static_cast<double>(sorted.size()) / seconds)
              << ", \"p50_us\": " << at(0.5) << ", \"p99_us\": " << at(0.99) << ", \"max_us\": " << at(1) << "}\n";
}

void run(const std::string& file, std::string_view mode, bool insert, unsigned tasks, double seconds)
{
    {
        const Handle handle = open(file);
        check(handle.get(), sqlite3_exec(handle.get(), tables, nullptr, nullptr, nullptr));
    }
    Tally tally{Clock::now() + warm, {}};
    tally.until = tally.from + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    if (mode == "pool") run_pool(file, insert, tasks, tally);
    else run_raw(file, mode == "transaction", insert, tally);
    print(tally);
}

} // namespace

int main(int argc, char** argv)
try {
    const std::string_view mode = argc == 6 ? argv[2] : "";
    if (mode != "raw" && mode != "transaction" && mode != "pool") {
        std::cerr << "usage: db_sqlite_load FOLDER raw|transaction|pool read|insert TASKS SECONDS\n";
        return 2;
    }
    const auto file = std::filesystem::absolute(argv[1]) / "bench.db";
    run(file.string(), mode, std::string_view(argv[3]) == "insert", static_cast<unsigned>(std::stoul(argv[4])),
        std::stod(argv[5]));
} catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
}
