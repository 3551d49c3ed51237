// SPDX-License-Identifier: MIT
// SQLite by itself and through the pool: WAL and synchronous=FULL, a file that is made for it.
//
//   db_sqlite_load FOLDER MODE WORK TASKS SECONDS
//   db_sqlite_load FOLDER table ROUNDS TASKS SECONDS
//
//   MODE  raw          sqlite3 on this thread, a transaction for each statement
//         transaction  sqlite3 on this thread, one transaction around all of them; its commit is counted
//         pool         the pool's helpers, called by TASKS coroutines
//   WORK  read         a row by its key, of `bench_rows`
//         insert       a row into `bench_log`, in a savepoint of its own when it shares its commit with others
//
// Ends with one line of JSON: how many a second, for how long each was under way as its caller saw it, and the CPU time
// of one (of the whole process; with the pool, of all its threads). `table` runs everything in turns, ROUNDS times, and
// ends with the medians and with the ratios that the pool is held against, each within its round.
#include <trunkline/db.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/describe/class.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
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
    std::clock_t worked_before = 0; // by all threads, when the first was counted

    void add(Clock::time_point began, Clock::time_point ended)
    {
        if (began < from) return;
        if (microseconds.empty()) worked_before = std::clock();
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

struct Found {
    double per_second = 0;
    double cpu_us = 0;
    std::uint32_t p50_us = 0;
    std::uint32_t p99_us = 0;
    std::uint32_t max_us = 0;
};

Found evaluated(Tally& tally)
{
    const double worked = static_cast<double>(std::clock() - tally.worked_before) / CLOCKS_PER_SEC;
    const double seconds = std::chrono::duration<double>(tally.until - tally.from).count();
    auto& sorted = tally.microseconds;
    if (sorted.empty()) return {};
    std::ranges::sort(sorted);
    const double count = static_cast<double>(sorted.size());
    const auto at = [&](double part) { return sorted[static_cast<std::size_t>(part * (count - 1))]; };
    return {count / seconds, worked * 1e6 / count, at(0.5), at(0.99), at(1)};
}

void print(const Found& found)
{
    std::cout << "{\"per_second\": " << static_cast<std::uint64_t>(found.per_second) << ", \"p50_us\": " << found.p50_us
              << ", \"p99_us\": " << found.p99_us << ", \"max_us\": " << found.max_us
              << ", \"cpu_us\": " << found.cpu_us << "}\n";
}

Found run(const std::string& file, std::string_view mode, bool insert, unsigned tasks, double seconds)
{
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(file + end);
    {
        const Handle handle = open(file);
        check(handle.get(), sqlite3_exec(handle.get(), tables, nullptr, nullptr, nullptr));
    }
    Tally tally{Clock::now() + warm, {}};
    tally.until = tally.from + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    tally.microseconds.reserve(static_cast<std::size_t>(seconds * 4e6));
    if (mode == "pool") run_pool(file, insert, tasks, tally);
    else run_raw(file, mode == "transaction", insert, tally);
    return evaluated(tally);
}

// -- everything in turns -----------------------------------------------------

struct Cell {
    const char* name;
    const char* mode;
    bool insert;
    unsigned tasks;
    std::vector<Found> rounds{};
};

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    return values[values.size() / 2];
}

/// How many times as much `one` does as `other`, within the rounds.
double ratio(const Cell& one, const Cell& other)
{
    std::vector<double> ratios;
    for (std::size_t i = 0; i < one.rounds.size(); ++i)
        ratios.push_back(one.rounds[i].per_second / other.rounds[i].per_second);
    return median(std::move(ratios));
}

void run_table(const std::string& file, unsigned rounds, unsigned tasks, double seconds)
{
    std::vector<Cell> cells{
        {"insert, autocommit", "raw", true, 1},        {"insert, one transaction", "transaction", true, 1},
        {"insert, pool", "pool", true, tasks},         {"read, raw", "raw", false, 1},
        {"read, raw in one", "transaction", false, 1}, {"read, pool", "pool", false, tasks},
        {"read, pool, one task", "pool", false, 1}};
    for (unsigned round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < cells.size(); ++i) {
            Cell& cell = cells[(i + round) % cells.size()]; // each round begins with another
            cell.rounds.push_back(run(file, cell.mode, cell.insert, cell.tasks, seconds));
        }
    for (const Cell& cell : cells) {
        std::vector<double> rates, cpu, p99;
        for (const Found& found : cell.rounds) {
            rates.push_back(found.per_second);
            cpu.push_back(found.cpu_us);
            p99.push_back(found.p99_us);
        }
        std::printf("%-24s %10.0f /s (%.0f to %.0f)  %7.2f us CPU  p99 %.0f us\n", cell.name, median(rates),
                    *std::ranges::min_element(rates), *std::ranges::max_element(rates), median(cpu), median(p99));
    }
    std::printf("pool's inserts / autocommit        %8.2f (wanted: 60 at least)\n", ratio(cells[2], cells[0]));
    std::printf("pool's inserts / one transaction   %8.2f (wanted: 0.25 at least)\n", ratio(cells[2], cells[1]));
    std::printf("raw reads / pool's reads           %8.2f (wanted: 4 at most)\n", ratio(cells[3], cells[5]));
    std::printf("raw reads / pool's, one task       %8.2f\n", ratio(cells[3], cells[6]));
}

} // namespace

int main(int argc, char** argv)
try {
    const std::string_view mode = argc == 6 ? argv[2] : "";
    if (mode != "raw" && mode != "transaction" && mode != "pool" && mode != "table") {
        std::cerr << "usage: db_sqlite_load FOLDER raw|transaction|pool read|insert TASKS SECONDS\n"
                     "       db_sqlite_load FOLDER table ROUNDS TASKS SECONDS\n";
        return 2;
    }
    const auto file = (std::filesystem::absolute(argv[1]) / "bench.db").string();
    const auto tasks = static_cast<unsigned>(std::stoul(argv[4]));
    const double seconds = std::stod(argv[5]);
    if (mode == "table") run_table(file, static_cast<unsigned>(std::stoul(argv[3])), tasks, seconds);
    else print(run(file, mode, std::string_view(argv[3]) == "insert", tasks, seconds));
} catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
}
