// SPDX-License-Identifier: MIT
// Many rows into MariaDB: by the pool's `execute_many` and by Connector/C alone, into a table that is made for it.
//
//   db_mysql_load URL MODE ROWS SECONDS
//
//   URL   mysql://user@/database?socket=/path of a server of one's own: `bench_log` is dropped
//   MODE  pool    execute_many of ROWS rows at a time, one call after the other
//         bulk    Connector/C, blocking: a transaction around one bulk (array binding) of ROWS rows
//         values  Connector/C, blocking: a transaction around one INSERT … VALUES (…), (…) of ROWS rows, as text
//         single  Connector/C, blocking: a prepared INSERT for each row, ROWS of them in a transaction
//
// Ends with one line of JSON: rows a second, and how long ROWS of them took.
#include <trunkline/db.hpp>

#include "../src/mysql/target.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <mysql.h>

#include <algorithm>
#include <iostream>

namespace asio = boost::asio;
namespace db = trunkline::db;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto warm = std::chrono::milliseconds(300);
constexpr const char* insert = "INSERT INTO bench_log (row_id, name) VALUES (?, ?)";

using Rows = std::vector<std::tuple<std::int64_t, std::string>>;

Rows rows_of(std::size_t count)
{
    Rows rows;
    for (std::size_t row = 0; row < count; ++row)
        rows.emplace_back(static_cast<std::int64_t>(row), "name " + std::to_string(row));
    return rows;
}

/// What was done between `from` and `until`, a lot of rows at a time.
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

// -- Connector/C by itself ---------------------------------------------------

struct Close {
    void operator()(MYSQL* handle) const { mysql_close(handle); }
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
};
using Handle = std::unique_ptr<MYSQL, Close>;
using Prepared = std::unique_ptr<MYSQL_STMT, Close>;

Handle connect(const std::string& url)
{
    const auto target = db::mysql::target_of(db::Options::parse(url).target);
    Handle handle(mysql_init(nullptr));
    mysql_options(handle.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
    const bool local = !target.socket.empty();
    if (!mysql_real_connect(handle.get(), local ? nullptr : target.hosts[0].name.c_str(), target.user.c_str(),
                            target.password.c_str(), target.database.c_str(), local ? 0 : target.hosts[0].port,
                            local ? target.socket.c_str() : nullptr, 0))
        throw std::runtime_error(mysql_error(handle.get()));
    return handle;
}

void run(MYSQL* handle, const std::string& text)
{
    if (mysql_real_query(handle, text.data(), text.size()) != 0) throw std::runtime_error(mysql_error(handle));
}

Prepared prepare(MYSQL* handle)
{
    Prepared statement(mysql_stmt_init(handle));
    if (mysql_stmt_prepare(statement.get(), insert, std::char_traits<char>::length(insert)) != 0)
        throw std::runtime_error(mysql_stmt_error(statement.get()));
    return statement;
}

void execute(MYSQL_STMT* statement, MYSQL_BIND* binds)
{
    if (mysql_stmt_bind_param(statement, binds) != 0 || mysql_stmt_execute(statement) != 0)
        throw std::runtime_error(mysql_stmt_error(statement));
}

void insert_bulk(MYSQL_STMT* statement, const Rows& rows)
{
    std::vector<std::int64_t> numbers;
    std::vector<const char*> names;
    std::vector<unsigned long> lengths;
    for (const auto& [number, name] : rows) {
        numbers.push_back(number);
        names.push_back(name.data());
        lengths.push_back(name.size());
    }
    MYSQL_BIND binds[2]{};
    binds[0].buffer_type = MYSQL_TYPE_LONGLONG;
    binds[0].buffer = numbers.data();
    binds[1].buffer_type = MYSQL_TYPE_STRING;
    binds[1].buffer = names.data();
    binds[1].length = lengths.data();
    const auto count = static_cast<unsigned>(rows.size());
    mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &count);
    execute(statement, binds);
}

void insert_singly(MYSQL_STMT* statement, const Rows& rows)
{
    for (const auto& [number, name] : rows) {
        MYSQL_BIND binds[2]{};
        binds[0].buffer_type = MYSQL_TYPE_LONGLONG;
        binds[0].buffer = const_cast<std::int64_t*>(&number);
        binds[1].buffer_type = MYSQL_TYPE_STRING;
        binds[1].buffer = const_cast<char*>(name.data());
        binds[1].buffer_length = name.size();
        execute(statement, binds);
    }
}

std::string values_of(const Rows& rows)
{
    std::string text = "INSERT INTO bench_log (row_id, name) VALUES ";
    for (const auto& [number, name] : rows)
        text += (text.back() == ' ' ? "(" : ",(") + std::to_string(number) + ",'" + name + "')";
    return text;
}

void run_connector(const std::string& url, std::string_view mode, const Rows& rows, Tally& tally)
{
    const Handle handle = connect(url);
    const Prepared statement = prepare(handle.get());
    for (auto began = Clock::now(); began < tally.until;) {
        run(handle.get(), "START TRANSACTION");
        if (mode == "bulk") insert_bulk(statement.get(), rows);
        else if (mode == "single") insert_singly(statement.get(), rows);
        else run(handle.get(), values_of(rows));
        run(handle.get(), "COMMIT");
        const auto ended = Clock::now();
        tally.add(began, ended);
        began = ended;
    }
}

// -- through the pool --------------------------------------------------------

asio::awaitable<void> task(db::Pool& pool, const Rows& rows, Tally& tally)
{
    for (auto began = Clock::now(); began < tally.until;) {
        const auto done = co_await pool.execute_many("INSERT INTO bench_log (row_id, name) VALUES ($1, $2)", rows);
        if (done != rows.size()) throw std::runtime_error("not all rows were inserted");
        const auto ended = Clock::now();
        tally.add(began, ended);
        began = ended;
    }
}

void run_pool(const std::string& url, const Rows& rows, Tally& tally)
{
    asio::io_context io(1);
    db::Pool pool(io.get_executor(), db::Options::parse(url));
    bool over = false;
    const auto ended = [&over](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
        over = true;
    };
    asio::co_spawn(io, task(pool, rows, tally), ended);
    while (!over && io.run_one() != 0) {}
}

// ----------------------------------------------------------------------------

void print(Tally& tally, std::size_t rows)
{
    auto& sorted = tally.microseconds;
    std::ranges::sort(sorted);
    double whole = 0;
    for (const std::uint32_t each : sorted) whole += each;
    const double lots = static_cast<double>(sorted.size());
    const double per_second = whole > 0 ? lots * static_cast<double>(rows) / (whole / 1e6) : 0;
    std::cout << "{\"per_second\": " << static_cast<std::uint64_t>(per_second)
              << ", \"lot_p50_us\": " << (sorted.empty() ? 0u : sorted[sorted.size() / 2]) << "}\n";
}

void measure(const std::string& url, std::string_view mode, std::size_t count, double seconds)
{
    {
        const Handle handle = connect(url);
        run(handle.get(), "DROP TABLE IF EXISTS bench_log");
        run(handle.get(),
            "CREATE TABLE bench_log (id BIGINT AUTO_INCREMENT PRIMARY KEY, row_id BIGINT, name VARCHAR(50)) "
            "ENGINE = InnoDB CHARACTER SET utf8mb4");
    }
    const Rows rows = rows_of(count);
    Tally tally{Clock::now() + warm, {}};
    tally.until = tally.from + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    if (mode == "pool") run_pool(url, rows, tally);
    else run_connector(url, mode, rows, tally);
    print(tally, count);
}

} // namespace

int main(int argc, char** argv)
try {
    const std::string_view mode = argc == 5 ? argv[2] : "";
    if (mode != "pool" && mode != "bulk" && mode != "values" && mode != "single") {
        std::cerr << "usage: db_mysql_load URL pool|bulk|values|single ROWS SECONDS\n";
        return 2;
    }
    measure(argv[1], mode, std::stoul(argv[3]), std::stod(argv[4]));
} catch (const std::exception& failure) {
    std::cerr << failure.what() << '\n';
    return 1;
}
