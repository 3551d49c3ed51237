// SPDX-License-Identifier: MIT
#include "ledger_work.hpp"

#include <trunkline/db/task.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sstream>

namespace trunkline::db::soak {

using namespace std::chrono_literals;

namespace {

/// What the books say of a row, by its id.
enum Fate : std::uint8_t { undone, one_row, two_rows, nobody_knows };

} // namespace

LedgerWork::LedgerWork(Pool& pool, const asio::any_io_executor& executor, const testing::PostgresServer& server,
                       std::uint32_t seed)
    : pool_(pool),
      executor_(executor),
      server_(server),
      seed_(seed),
      home_(executor, asio::steady_timer::time_point::max())
{
    server_.sql(
        "DROP TABLE IF EXISTS soak_ledger; CREATE TABLE soak_ledger (id bigint, part int, PRIMARY KEY (id, part))");
}

void LedgerWork::start(std::size_t tasks)
{
    Random random(seed_);
    auto came_home = [this](std::exception_ptr failure) {
        if (failure) note(failure);
        if (--out_ == 0) home_.cancel();
    };
    out_ = tasks;
    for (std::size_t i = 0; i < tasks; ++i)
        asio::co_spawn(with_task(executor_, "ledger"), live(Random(random())), came_home);
}

asio::awaitable<void> LedgerWork::finished()
{
    boost::system::error_code woken;
    while (out_ > 0) co_await home_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

asio::awaitable<void> LedgerWork::live(Random random)
{
    asio::steady_timer breath(executor_);
    while (!stopping_) {
        co_await once(random);
        breath.expires_after(1ms); // a pool that refuses at once must not be asked without end
        co_await breath.async_wait(asio::use_awaitable);
    }
}

asio::awaitable<void> LedgerWork::once(Random& random)
{
    const auto kind = random() % 20;
    const bool writes = kind >= 12 && kind < 19;
    const auto id = static_cast<std::int64_t>(fates_.size());
    if (writes) fates_.push_back(undone);
    std::exception_ptr failure;
    try {
        if (kind < 12) co_await read(static_cast<std::int64_t>(random()));
        else if (kind < 15) co_await write_alone(id);
        else if (kind < 17) co_await write_in_a_transaction(id);
        else if (kind < 19) co_await write_as_a_unit(id);
        else co_await fail_on_purpose();
    } catch (...) {
        failure = std::current_exception();
    }
    if (!failure) co_return;
    const bool unknown = note(failure);
    if (writes && unknown) {
        fates_[static_cast<std::size_t>(id)] = nobody_knows;
        ++tally_.unknown;
    }
}

asio::awaitable<void> LedgerWork::read(std::int64_t question)
{
    const std::string text = "row " + std::to_string(question);
    const auto answer = co_await pool_.fetch_value<std::string>("SELECT $1::text AS asked", text);
    if (answer != text) finding("'" + answer + "' instead of '" + text + "'");
    ++tally_.right;
}

asio::awaitable<void> LedgerWork::fail_on_purpose()
{
    bool refused = false;
    try {
        (void)co_await pool_.fetch_value<int>("SELECT 1 / $1::int", 0);
    } catch (const Error& error) {
        if (error.sqlstate() != "22012") throw;
        refused = true;
    }
    if (!refused) finding("a division by zero was answered");
    ++tally_.right;
}

asio::awaitable<void> LedgerWork::write_alone(std::int64_t id)
{
    co_await pool_.execute("INSERT INTO soak_ledger VALUES ($1, 0)", id);
    wrote(id, one_row);
}

asio::awaitable<void> LedgerWork::write_in_a_transaction(std::int64_t id)
{
    auto transaction = co_await pool_.begin();
    co_await transaction.execute("INSERT INTO soak_ledger VALUES ($1, 0)", id);
    co_await transaction.execute("INSERT INTO soak_ledger VALUES ($1, 1)", id);
    co_await transaction.commit();
    wrote(id, two_rows);
}

asio::awaitable<void> LedgerWork::write_as_a_unit(std::int64_t id)
{
    Batch batch;
    batch.add("INSERT INTO soak_ledger VALUES ($1, 0)", id);
    batch.add("INSERT INTO soak_ledger VALUES ($1, 1)", id);
    (void)co_await pool_.run(std::move(batch));
    wrote(id, two_rows);
}

void LedgerWork::wrote(std::int64_t id, std::uint8_t fate)
{
    fates_[static_cast<std::size_t>(id)] = fate;
    ++tally_.written;
}

/// True when nobody knows whether it happened.
bool LedgerWork::note(std::exception_ptr failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        ++tally_.lost;
        if (std::string_view(error.what()).find("canceling statement") != std::string_view::npos)
            finding(std::string("a stop hit one who asked for none: ") + error.what());
        const bool of_the_faults = dynamic_cast<const ConnectionLost*>(&error) != nullptr ||
                                   dynamic_cast<const ConnectFailed*>(&error) != nullptr ||
                                   dynamic_cast<const AcquireTimeout*>(&error) != nullptr ||
                                   dynamic_cast<const CommandTimeout*>(&error) != nullptr;
        if (!of_the_faults) finding(std::string("unexpected: ") + error.what() + " " + std::string(error.sqlstate()));
        return error.outcome() == Outcome::unknown;
    } catch (const std::exception& error) {
        finding(std::string("unexpected: ") + error.what());
    }
    return true;
}

void LedgerWork::finding(std::string what)
{
    if (++tally_.findings == 1) tally_.first_finding = std::move(what);
}

void LedgerWork::compare()
{
    std::vector<std::uint8_t> found(fates_.size(), 0);
    std::istringstream rows(server_.sql("SELECT id || ' ' || count(*) FROM soak_ledger GROUP BY id"));
    for (std::size_t id = 0, count = 0; rows >> id >> count;) found.at(id) = static_cast<std::uint8_t>(count);
    for (std::size_t id = 0; id < fates_.size(); ++id) {
        const auto expected = fates_[id];
        if (expected == nobody_knows || found[id] == expected) continue;
        finding("row " + std::to_string(id) + " is there " + std::to_string(found[id]) + " times instead of " +
                std::to_string(expected));
    }
}

} // namespace trunkline::db::soak
