// SPDX-License-Identifier: MIT
#include <support/cancel_storm.hpp>

#include "pool/stoppable.hpp"

#include <trunkline/db/task.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <mysql.h>

#include <cstdio>
#include <cstdlib>

namespace trunkline::db::testing {

using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

constexpr int patience_us_max = 3'000;
constexpr double short_s_max = 0.002;
constexpr double long_s = 30; // only ever ends by being stopped
constexpr int long_every = 25;

constexpr by_engine same{.postgresql = "SELECT $1::bigint AS first",
                         .sqlite = "SELECT $1 AS first",
                         .mysql = "SELECT CAST($1 AS SIGNED) AS first"};
constexpr by_engine doubled{.postgresql = "SELECT $1::bigint * 2 AS checked",
                            .sqlite = "SELECT $1 * 2 AS checked",
                            .mysql = "SELECT CAST($1 AS SIGNED) * 2 AS checked"};

microseconds patience_of(std::mt19937& random) { return microseconds(random() % patience_us_max); }

double duration_of(std::mt19937& random)
{
    if (random() % long_every == 0) return long_s;
    return random() % 2 == 0 ? 0 : short_s_max * static_cast<double>(random() % 1'000) / 1'000;
}

} // namespace

void CancelStorm::prepare(const PostgresServer& server, std::string_view database)
{
    server.sql("CREATE OR REPLACE FUNCTION storm_work(seconds float8, answer bigint) RETURNS bigint LANGUAGE plpgsql AS"
               " 'BEGIN PERFORM pg_sleep(seconds); RETURN answer; END'",
               database);
}

/// What is interrupted in its sleep answers wrongly instead of failing, if the server lets it answer. (Within a routine
/// of a definer's only the definer may be stopped.)
void CancelStorm::prepare(const MariadbServer& server, const std::string& database)
{
    server.sql(
        "CREATE OR REPLACE FUNCTION `" + database +
        "`.storm_work(seconds DOUBLE, answer BIGINT) RETURNS BIGINT NOT DETERMINISTIC NO SQL SQL SECURITY INVOKER "
        "RETURN IF(sleep(seconds) = 0, answer, -1)");
}

asio::awaitable<void> CancelStorm::run()
{
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::steady_timer home(executor, asio::steady_timer::time_point::max());
    home_ = &home;
    Random random(settings_.seed);
    auto came_home = [this](std::exception_ptr failure) {
        if (failure) note(failure, false);
        if (--out_ == 0) home_->cancel();
    };
    out_ = settings_.stoppers + settings_.bystanders;
    for (std::size_t i = 0; i < settings_.stoppers; ++i)
        asio::co_spawn(with_task(executor, "stopper"), stop_calls(Random(random())), came_home);
    for (std::size_t i = 0; i < settings_.bystanders; ++i)
        asio::co_spawn(with_task(executor, "bystander"), stand_by(), came_home);
    boost::system::error_code woken;
    while (out_ > 0) co_await home.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

asio::awaitable<void> CancelStorm::stop_calls(Random random)
{
    while (tally_.tries < settings_.tries) {
        ++tally_.tries;
        co_await stop_one(random);
        co_await check(pool_);
    }
}

asio::awaitable<void> CancelStorm::stand_by()
{
    asio::steady_timer breath(co_await asio::this_coro::executor);
    while (tally_.tries < settings_.tries) {
        co_await check(pool_);
        breath.expires_after(1ms); // a pool that refuses at once must not be asked without end
        co_await breath.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<void> CancelStorm::stop_one(Random& random)
{
    std::exception_ptr failure;
    try {
        switch (random() % 4) {
        case 0: co_await on_a_lease(random); break;
        case 1: co_await in_a_transaction(random); break;
        default: (void)co_await call(pool_, random);
        }
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) note(failure, true);
}

/// What comes next on the same connection is nobody's to stop.
asio::awaitable<void> CancelStorm::on_a_lease(Random& random)
{
    auto connection = co_await pool_.acquire();
    (void)co_await call(connection, random);
    co_await check(connection);
}

asio::awaitable<void> CancelStorm::in_a_transaction(Random& random)
{
    auto transaction = co_await pool_.begin();
    auto savepoint = co_await transaction.begin();
    const bool answered = co_await call(savepoint, random);
    if (answered) co_await savepoint.commit();
    else co_await savepoint.rollback();
    co_await check(transaction);
    co_await transaction.commit();
}

/// True when it was answered all the same.
asio::awaitable<bool> CancelStorm::call(Executor& db, Random& random)
{
    const auto patience = patience_of(random);
    const double seconds = duration_of(random);
    std::exception_ptr failure;
    try {
        switch (random() % 3) {
        case 0: co_await unit(db, patience, seconds); break;
        case 1: co_await call_and_cancel(db, patience, seconds); break;
        default: co_await call_by_deadline(db, patience, seconds);
        }
        ++tally_.answered;
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) note(failure, true);
    co_return !failure;
}

asio::awaitable<void> CancelStorm::call_by_deadline(Executor& db, microseconds patience, double seconds)
{
    auto limited = db.within(patience);
    co_await ask(limited, seconds);
}

asio::awaitable<void> CancelStorm::call_and_cancel(Executor& db, microseconds patience, double seconds)
{
    const auto stop = std::make_shared<asio::cancellation_signal>();
    asio::steady_timer timer(co_await asio::this_coro::executor, patience);
    timer.async_wait([stop](boost::system::error_code failure) {
        if (!failure) stop->emit(asio::cancellation_type::terminal);
    });
    auto work = ask(db, seconds);
    co_await db::detail::stoppable(stop, std::move(work));
}

asio::awaitable<void> CancelStorm::unit(Executor& db, microseconds patience, double seconds)
{
    const std::int64_t question = ++questions_;
    auto limited = db.within(patience);
    Batch batch;
    batch.add(same, question);
    batch.add("SELECT storm_work($1, $2)", seconds, question);
    const std::vector<Result> answers = co_await limited.run(std::move(batch));
    for (const Result& answer : answers)
        if (answer.as<std::int64_t>(0) != question) finding("a unit was answered with another's row");
}

asio::awaitable<void> CancelStorm::ask(Executor& db, double seconds)
{
    const std::int64_t question = ++questions_;
    const auto answer = co_await db.fetch_value<std::int64_t>("SELECT storm_work($1, $2)", seconds, question);
    if (answer != question) finding("a stopped call was answered with another's row");
}

/// One that nobody stops.
asio::awaitable<void> CancelStorm::check(Executor& db)
{
    const std::int64_t question = ++questions_;
    std::exception_ptr failure;
    try {
        const auto answer = co_await db.fetch_value<std::int64_t>(doubled, question);
        if (answer == question * 2) ++tally_.checks;
        else finding("a bystander got " + std::to_string(answer) + " for " + std::to_string(question * 2));
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) note(failure, false);
}

void CancelStorm::note(std::exception_ptr failure, bool may_be_stopped)
{
    try {
        std::rethrow_exception(failure);
    } catch (const CommandTimeout& late) {
        if (may_be_stopped) ++tally_.stopped;
        else if (settings_.faults && std::string_view(late.what()).find("canceling") == std::string_view::npos)
            ++tally_.lost; // a frozen server: it ran into the pool's own limit
        else finding(std::string("a bystander was stopped: ") + late.what());
    } catch (const AcquireTimeout& late) {
        if (may_be_stopped) ++tally_.stopped; // it was still waiting for a connection
        else if (settings_.faults) ++tally_.lost;
        else finding(std::string("a bystander got no connection: ") + late.what());
    } catch (const ConnectionLost& lost) {
        if (settings_.faults) ++tally_.lost;
        else finding(std::string("a connection was lost: ") + lost.what());
    } catch (const ConnectFailed& failed) {
        if (settings_.faults) ++tally_.lost;
        else finding(std::string("connecting failed: ") + failed.what());
    } catch (const boost::system::system_error& aborted) {
        if (may_be_stopped && aborted.code() == asio::error::operation_aborted) ++tally_.stopped;
        else finding(std::string("a bystander was cancelled: ") + aborted.what());
    } catch (const std::exception& other) {
        finding(std::string("unexpected: ") + other.what());
    }
}

void CancelStorm::finding(std::string what)
{
    if (++tally_.findings == 1) tally_.first_finding = std::move(what);
}

void expect_calm_after(const CancelStorm::Tally& tally)
{
    EXPECT_EQ(tally.findings, 0u) << tally.first_finding;
    EXPECT_EQ(tally.lost, 0u);
    EXPECT_GE(tally.stopped, tally.tries / 10) << "the storm is none";
    EXPECT_GE(tally.answered, tally.tries / 50) << "the stops do not race with answers";
    EXPECT_GE(tally.checks, tally.tries);
    std::printf("  %llu tries, %llu stopped, %llu answered in time, %llu bystanders right\n",
                static_cast<unsigned long long>(tally.tries), static_cast<unsigned long long>(tally.stopped),
                static_cast<unsigned long long>(tally.answered), static_cast<unsigned long long>(tally.checks));
}

// -- Counting connections --------------------------------------------------------

namespace {

/// Asks over a connection of its own, which is made again when it was lost.
class PostgresCount {
public:
    PostgresCount(std::string url, std::string question) : url_(std::move(url)), question_(std::move(question)) {}

    std::optional<int> operator()()
    {
        if (PQstatus(connection_.get()) != CONNECTION_OK) connection_.reset(PQconnectdb(url_.c_str()), &PQfinish);
        const std::unique_ptr<PGresult, decltype(&PQclear)> answer(PQexec(connection_.get(), question_.c_str()),
                                                                   &PQclear);
        if (PQntuples(answer.get()) != 1) return std::nullopt;
        return std::atoi(PQgetvalue(answer.get(), 0, 0));
    }

private:
    const std::string url_, question_;
    std::shared_ptr<PGconn> connection_;
};

class MariadbCount {
public:
    MariadbCount(std::string socket, std::string question) : socket_(std::move(socket)), question_(std::move(question))
    {}

    std::optional<int> operator()()
    {
        if (!connection_) connect();
        if (mysql_query(connection_.get(), question_.c_str()) != 0) return std::nullopt;
        const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> rows(mysql_store_result(connection_.get()),
                                                                            &mysql_free_result);
        const MYSQL_ROW row = rows ? mysql_fetch_row(rows.get()) : nullptr;
        return row ? std::optional(std::atoi(row[0])) : std::nullopt;
    }

private:
    void connect()
    {
        connection_.reset(mysql_init(nullptr), &mysql_close);
        mysql_real_connect(connection_.get(), nullptr, "root", nullptr, nullptr, 0, socket_.c_str(), 0);
    }

    const std::string socket_, question_;
    std::shared_ptr<MYSQL> connection_;
};

} // namespace

ConnectionWatch::ConnectionWatch(const PostgresServer& server, const std::string& application_name)
    : ConnectionWatch(
          PostgresCount(server.socket_url(),
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + application_name + "'"))
{}

ConnectionWatch::ConnectionWatch(const MariadbServer& server, const std::string& application_name)
    : ConnectionWatch(MariadbCount(server.socket(), "SELECT count(*) FROM performance_schema.session_connect_attrs "
                                                    "WHERE attr_name = 'program_name' AND attr_value = '" +
                                                        application_name + "'"))
{}

ConnectionWatch::ConnectionWatch(Count count) : thread_([this, count = std::move(count)] { look(count); }) {}

ConnectionWatch::~ConnectionWatch()
{
    ending_ = true;
    thread_.join();
}

void ConnectionWatch::look(const Count& count)
{
    for (; !ending_; std::this_thread::sleep_for(2ms)) {
        const std::optional<int> now = count();
        if (!now) continue;
        most_ = std::max(most_.load(), *now);
        ++looks_;
    }
}

} // namespace trunkline::db::testing
