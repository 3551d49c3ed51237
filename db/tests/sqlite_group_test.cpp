// SPDX-License-Identifier: MIT
// What many callers get from one writer: shared commits, separate fates, fair turns. And what transactions keep.
#include <support/sqlite_bed.hpp>

#include <boost/system/system_error.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::endless;
using testing::endless_insert;
using testing::Pending;
using testing::Running;
using testing::statement;
using testing::Steady;
using testing::Stranger;

class SqliteGroup : public testing::SqliteBed {
protected:
    SqliteGroup()
    {
        limits_.idle_in_transaction_max = 60s; // a slow machine must not take the writer from a test
        first_ = connect();
        run(*first_, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) STRICT");
    }

    /// Opens the database anew, with what the test has changed in `limits_`.
    void reopen()
    {
        first_.reset();
        driver_.reset();
        first_ = connect();
    }
    /// Lets calls gather behind an interactive transaction; `release` makes one group of them.
    void hold_writer() { begin(*first_); }
    void release_writer() { commit(*first_); }

    template <class... Args>
    void gather(std::string sql, const Args&... args)
    {
        sessions_.push_back(connect());
        calls_.push_back(start(*sessions_.back(), std::move(sql), args...));
    }
    void gather(Query query, Deadline deadline = Deadline::max())
    {
        sessions_.push_back(connect());
        calls_.push_back(start(*sessions_.back(), std::move(query), deadline));
    }
    std::int64_t count() { return number(*first_, "SELECT count(*) FROM t"); }
    std::uintmax_t log_size() const { return std::filesystem::file_size(options_.target + "-wal"); }

    std::unique_ptr<DriverConnection> first_;
    testing::Sessions sessions_;
    std::vector<Running> calls_;
};

TEST_F(SqliteGroup, gathered_statements_share_one_commit)
{
    hold_writer();
    for (int i = 0; i < 100; ++i) gather("INSERT INTO t (id) VALUES ($1)", i);
    const auto before = log_size();
    release_writer();
    for (auto& call : calls_) EXPECT_EQ(call.get().front().affected(), 1u);
    EXPECT_EQ(count(), 100);
    EXPECT_LT(log_size() - before, 10u * 4200u); // a commit of its own for each would write a hundred pages
}

TEST_F(SqliteGroup, nobody_is_answered_before_the_commit_of_all)
{
    hold_writer();
    for (int i = 0; i < 100; ++i) gather("INSERT INTO t (id) VALUES ($1)", i);
    release_writer();
    calls_.front().get();
    Stranger stranger(options_.target);
    EXPECT_EQ(stranger.number("SELECT count(*) FROM t"), 100);
    for (auto& call : calls_) call.get();
}

TEST_F(SqliteGroup, a_member_that_fails_is_undone_alone)
{
    hold_writer();
    for (int i = 0; i < 10; ++i) gather("INSERT INTO t (id) VALUES ($1)", i % 5);
    std::vector<Statement> unit{statement("INSERT INTO t (id) VALUES (100)"),
                                statement("INSERT INTO t (id) VALUES (101)"),
                                statement("INSERT INTO t (id) VALUES (100)")};
    gather(Query(std::move(unit)));
    release_writer();
    for (int i = 0; i < 5; ++i) calls_[static_cast<std::size_t>(i)].get();
    for (int i = 5; i < 10; ++i) EXPECT_THROW(calls_[static_cast<std::size_t>(i)].get(), UniqueViolation);
    EXPECT_EQ(failure<UniqueViolation>([&] { calls_[10].get(); }).index(), 2u);
    EXPECT_EQ(count(), 5);
}

TEST_F(SqliteGroup, a_member_that_keeps_half_of_its_work_on_failure_keeps_nothing)
{
    run(*first_, "INSERT INTO t (id) VALUES (3)");
    hold_writer();
    gather("INSERT OR FAIL INTO t (id) VALUES (1), (2), (3), (4)");
    gather("INSERT INTO t (id) VALUES (9)");
    release_writer();
    EXPECT_THROW(calls_[0].get(), UniqueViolation);
    calls_[1].get();
    EXPECT_THROW(run(*first_, "INSERT OR FAIL INTO t (id) VALUES (1), (2), (3), (4)"), UniqueViolation); // alone, too
    EXPECT_EQ(count(), 2);
}

TEST_F(SqliteGroup, a_member_that_rolls_everything_back_costs_the_others_nothing)
{
    hold_writer();
    gather("INSERT INTO t (id) VALUES (1)");
    gather("INSERT OR ROLLBACK INTO t (id) VALUES (1)");
    gather("INSERT INTO t (id) VALUES (2)");
    release_writer();
    calls_[0].get();
    EXPECT_THROW(calls_[1].get(), UniqueViolation);
    calls_[2].get();
    EXPECT_EQ(count(), 2);
}

TEST_F(SqliteGroup, a_foreign_key_that_fails_only_at_the_commit_fails_its_owner_only)
{
    run(*first_, "CREATE TABLE child (t INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED) STRICT");
    hold_writer();
    gather("INSERT INTO t (id) VALUES (1)");
    gather("INSERT INTO child VALUES (99)");
    gather("INSERT INTO child VALUES (1)");
    release_writer();
    calls_[0].get();
    EXPECT_THROW(calls_[1].get(), ForeignKeyViolation);
    calls_[2].get();
    EXPECT_EQ(count(), 1);
    EXPECT_EQ(number(*first_, "SELECT count(*) FROM child"), 1);
    begin(*first_);
    run(*first_, "INSERT INTO child VALUES (98)");
    EXPECT_THROW(commit(*first_), ForeignKeyViolation);
    EXPECT_EQ(first_->condition(), Condition::idle); // refused, and over
    EXPECT_EQ(number(*first_, "SELECT count(*) FROM child"), 1);
}

TEST_F(SqliteGroup, those_undone_by_a_member_that_is_stopped_are_run_again)
{
    limits_.group_time_max = 60s; // or it gives way
    reopen();
    hold_writer();
    for (int i = 0; i < 5; ++i) gather("INSERT INTO t (id) VALUES ($1)", i);
    gather(Query(statement(endless_insert)), Steady::now() + 300ms);
    for (int i = 5; i < 10; ++i) gather("INSERT INTO t (id) VALUES ($1)", i);
    release_writer();
    EXPECT_EQ(failure<CommandTimeout>([&] { calls_[5].get(); }).outcome(), Outcome::rejected);
    for (std::size_t i = 0; i < calls_.size(); ++i)
        if (i != 5) EXPECT_EQ(calls_[i].get().front().affected(), 1u);
    EXPECT_EQ(count(), 10);
}

TEST_F(SqliteGroup, those_before_a_slow_member_are_committed_while_it_runs)
{
    for (const auto& slow : {std::string(endless), endless_insert}) {
        calls_.clear();
        run(*first_, "DELETE FROM t");
        hold_writer();
        for (int i = 0; i < 5; ++i) gather("INSERT INTO t (id) VALUES ($1)", i);
        std::vector<Statement> unit;
        unit.push_back(statement("INSERT INTO t (id) VALUES (100)"));
        unit.push_back(statement(slow));
        gather(Query(std::move(unit)));
        for (int i = 5; i < 10; ++i) gather("INSERT INTO t (id) VALUES ($1)", i);
        release_writer();
        for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(calls_[i].get().front().affected(), 1u);
        EXPECT_EQ(count(), 5);
        EXPECT_FALSE(calls_[5].over());
        EXPECT_FALSE(calls_[6].over()); // behind it
        calls_[5].cancel();
        EXPECT_THROW(calls_[5].get(), boost::system::system_error);
        for (std::size_t i = 6; i < calls_.size(); ++i) EXPECT_EQ(calls_[i].get().front().affected(), 1u);
        EXPECT_EQ(count(), 10);
    }
}

TEST_F(SqliteGroup, a_member_that_gave_way_is_done_once)
{
    limits_.group_time_max = 1ms;
    reopen();
    const std::string rows = "INSERT INTO t (id) WITH RECURSIVE c(n) AS "
                             "(SELECT $1 UNION ALL SELECT n + 1 FROM c LIMIT 20000) SELECT n FROM c";
    hold_writer();
    for (int i = 0; i < 5; ++i) {
        gather("INSERT INTO t (id) VALUES ($1)", -i - 1);
        gather(rows, 20'000 * i);
    }
    release_writer();
    for (std::size_t i = 0; i < calls_.size(); ++i)
        EXPECT_EQ(calls_[i].get().front().affected(), i % 2 == 0 ? 1u : 20'000u);
    EXPECT_EQ(count(), 100'005);
}

TEST_F(SqliteGroup, a_full_disk_fails_who_meets_it_and_undoes_nobody)
{
    run(*first_, "CREATE TABLE big (x BLOB) STRICT");
    run(*first_, "PRAGMA max_page_count = " + std::to_string(number(*first_, "PRAGMA page_count") + 20));
    hold_writer();
    for (int i = 0; i < 5; ++i) gather("INSERT INTO t (id) VALUES ($1)", i);
    gather("INSERT INTO big VALUES (zeroblob(1000000))");
    for (int i = 5; i < 10; ++i) gather("INSERT INTO t (id) VALUES ($1)", i);
    release_writer();
    const auto full = failure<DiskFull>([&] { calls_[5].get(); });
    EXPECT_EQ(full.sqlstate(), "53100");
    EXPECT_EQ(full.outcome(), Outcome::rejected);
    for (std::size_t i = 0; i < calls_.size(); ++i)
        if (i != 5) calls_[i].get();
    EXPECT_EQ(count(), 10);
    begin(*first_);
    run(*first_, "INSERT INTO t (id) VALUES (50)");
    EXPECT_THROW(run(*first_, "INSERT INTO big VALUES (zeroblob(1000000))"), DiskFull);
    if (first_->condition() == Condition::in_failed_transaction) EXPECT_THROW(run(*first_, "SELECT 1"), Error);
    rollback(*first_);
    EXPECT_EQ(first_->condition(), Condition::idle);
    EXPECT_EQ(count(), 10);
}

TEST_F(SqliteGroup, a_deadline_that_passes_in_the_queue_is_answered_there)
{
    hold_writer();
    gather(Query(statement("INSERT INTO t (id) VALUES (1)")), Steady::now() + 50ms);
    EXPECT_EQ(failure<CommandTimeout>([&] { calls_[0].get(); }).outcome(), Outcome::not_sent);
    EXPECT_EQ(first_->condition(), Condition::in_transaction); // the writer is still held
    gather("INSERT INTO t (id) VALUES (2)");
    calls_[1].cancel();
    EXPECT_THROW(calls_[1].get(), boost::system::system_error);
    release_writer();
    EXPECT_EQ(count(), 0);
}

TEST_F(SqliteGroup, another_process_that_writes_is_waited_for)
{
    Stranger stranger(options_.target);
    ASSERT_EQ(stranger.run("BEGIN IMMEDIATE; INSERT INTO t (id) VALUES (100)"), SQLITE_OK);
    gather(Query(statement("INSERT INTO t (id) VALUES (1)")), Steady::now() + 100ms);
    gather("INSERT INTO t (id) VALUES (2)");
    EXPECT_EQ(failure<CommandTimeout>([&] { calls_[0].get(); }).outcome(), Outcome::not_sent);
    auto session = connect();
    auto begun = Pending<void>(io_, session->begin({}, Deadline::max()));
    EXPECT_TRUE(calls_[1].waits_for(50ms));
    EXPECT_EQ(count(), 0); // reading goes on
    ASSERT_EQ(stranger.run("COMMIT"), SQLITE_OK);
    calls_[1].get();
    begun.get();
    run(*session, "INSERT INTO t (id) VALUES (3)");
    commit(*session);
    EXPECT_EQ(count(), 3);
}

TEST_F(SqliteGroup, begin_waits_for_its_turn_behind_those_who_came_before)
{
    hold_writer();
    gather("INSERT INTO t (id) VALUES (1)");
    auto session = connect();
    auto begun = Pending<void>(io_, session->begin({}, Deadline::max()));
    gather("INSERT INTO t (id) SELECT 10 + count(*) FROM t");
    EXPECT_FALSE(begun.over());
    release_writer();
    begun.get();
    EXPECT_TRUE(calls_[0].over());
    EXPECT_TRUE(calls_[1].waits_for(20ms));
    run(*session, "INSERT INTO t (id) VALUES (2)");
    commit(*session);
    calls_[1].get();
    EXPECT_EQ(number(*first_, "SELECT max(id) FROM t"), 12);
}

TEST_F(SqliteGroup, a_unit_that_only_reads_does_not_wait_for_the_writer)
{
    hold_writer();
    std::vector<Statement> unit{statement("SELECT count(*) FROM t"),
                                statement("WITH one AS (SELECT 1 AS x) SELECT x FROM one")};
    gather(Query(std::move(unit)));
    EXPECT_EQ(calls_[0].get().at(1).as<std::int64_t>(0), 1);
    std::vector<Statement> writing{statement("SELECT count(*) FROM t"),
                                   statement("WITH n(id) AS (VALUES (5)) INSERT INTO t (id) SELECT id FROM n")};
    gather(Query(std::move(writing)));
    EXPECT_TRUE(calls_[1].waits_for(20ms));
    release_writer();
    EXPECT_EQ(calls_[1].get().at(1).affected(), 1u);
    EXPECT_EQ(count(), 1);
}

TEST_F(SqliteGroup, units_that_took_long_enough_are_committed_before_more_are_begun)
{
    limits_.group_time_max = 0ms;
    reopen();
    hold_writer();
    for (int i = 0; i < 20; ++i) gather("INSERT INTO t (id) VALUES ($1)", i);
    gather(Query(statement("INSERT INTO t (id) VALUES (100)")), Steady::now() + 5s);
    release_writer();
    for (auto& call : calls_) call.get();
    EXPECT_EQ(count(), 21);
}

class SqliteTransaction : public SqliteGroup {};

TEST_F(SqliteTransaction, commits_what_it_did_and_rolls_back_what_it_did)
{
    auto session = connect();
    begin(*session);
    EXPECT_EQ(session->condition(), Condition::in_transaction);
    run(*session, "INSERT INTO t (id) VALUES (1)");
    EXPECT_EQ(number(*session, "SELECT count(*) FROM t"), 1);
    EXPECT_EQ(count(), 0); // strangers see nothing of it
    commit(*session);
    EXPECT_EQ(session->condition(), Condition::idle);
    begin(*session);
    run(*session, "DELETE FROM t");
    rollback(*session);
    EXPECT_EQ(count(), 1);
    rollback(*session); // nothing open: nothing to do
    EXPECT_THROW(commit(*session), UsageError);
}

TEST_F(SqliteTransaction, savepoints_come_as_sql_and_a_unit_is_one)
{
    begin(*first_);
    run(*first_, "INSERT INTO t (id) VALUES (1)");
    run(*first_, "SAVEPOINT tl_2");
    run(*first_, "INSERT INTO t (id) VALUES (2)");
    run(*first_, "ROLLBACK TO SAVEPOINT tl_2");
    run(*first_, "RELEASE SAVEPOINT tl_2");
    std::vector<Statement> unit{statement("INSERT INTO t (id) VALUES (3)"), statement("INSERT INTO t (id) VALUES (1)")};
    EXPECT_EQ(failure<UniqueViolation>([&] { start(*first_, Query(std::move(unit))).get(); }).index(), 1u);
    EXPECT_EQ(first_->condition(), Condition::in_transaction);
    commit(*first_);
    EXPECT_EQ(count(), 1);
}

TEST_F(SqliteTransaction, one_that_idles_is_rolled_back_so_that_others_can_write)
{
    limits_.idle_in_transaction_max = 100ms;
    first_.reset();
    driver_.reset();
    first_ = connect();
    hold_writer();
    run(*first_, "INSERT INTO t (id) VALUES (1)");
    gather("INSERT INTO t (id) VALUES (2)");
    calls_[0].get(); // the writer was taken from the idle one
    EXPECT_EQ(first_->condition(), Condition::in_failed_transaction);
    const auto refused = failure([&] { run(*first_, "INSERT INTO t (id) VALUES (3)"); });
    EXPECT_EQ(refused.sqlstate(), "25P03");
    EXPECT_EQ(refused.outcome(), Outcome::rejected);
    EXPECT_EQ(failure([&] { commit(*first_); }).sqlstate(), "25P03");
    rollback(*first_);
    EXPECT_EQ(first_->condition(), Condition::idle);
    EXPECT_EQ(count(), 1);
}

TEST_F(SqliteTransaction, one_that_is_stopped_in_a_write_is_lost_and_says_so)
{
    begin(*first_);
    run(*first_, "INSERT INTO t (id) VALUES (1)");
    EXPECT_THROW(start(*first_, Query(statement(endless)), Steady::now() + 50ms).get(), CommandTimeout);
    EXPECT_EQ(first_->condition(), Condition::in_transaction); // a read that is stopped harms nothing
    EXPECT_THROW(start(*first_, Query(statement(endless_insert)), Steady::now() + 50ms).get(), CommandTimeout);
    EXPECT_EQ(first_->condition(), Condition::in_failed_transaction);
    gather("INSERT INTO t (id) VALUES (2)");
    calls_[0].get(); // nobody waits for the rollback
    EXPECT_EQ(failure([&] { run(*first_, "SELECT 1"); }).sqlstate(), "25P02");
    rollback(*first_);
    EXPECT_EQ(count(), 1);
}

TEST_F(SqliteTransaction, one_whose_session_is_destroyed_is_rolled_back)
{
    auto session = connect();
    begin(*session);
    run(*session, "INSERT INTO t (id) VALUES (1)");
    session.reset();
    run(*first_, "INSERT INTO t (id) VALUES (2)");
    EXPECT_EQ(count(), 1);
}

TEST_F(SqliteTransaction, a_commit_that_comes_too_late_is_a_rollback)
{
    begin(*first_);
    run(*first_, "INSERT INTO t (id) VALUES (1)");
    auto late = Pending<void>(io_, first_->commit(Steady::now()));
    EXPECT_EQ(failure<CommandTimeout>([&] { late.get(); }).outcome(), Outcome::rejected);
    EXPECT_EQ(first_->condition(), Condition::idle);
    EXPECT_EQ(count(), 0);
}

TEST_F(SqliteTransaction, one_that_waits_for_its_turn_can_be_given_up)
{
    hold_writer();
    auto session = connect();
    auto begun = Pending<void>(io_, session->begin({}, Deadline::max()));
    begun.cancel();
    EXPECT_THROW(begun.get(), boost::system::system_error);
    EXPECT_EQ(session->condition(), Condition::idle);
    auto late = Pending<void>(io_, session->begin({}, Steady::now() + 30ms));
    EXPECT_EQ(failure<CommandTimeout>([&] { late.get(); }).outcome(), Outcome::not_sent);
    release_writer();
    begin(*session);
    rollback(*session);
}

TEST_F(SqliteTransaction, a_snapshot_stays_as_it_was_and_waits_for_no_writer)
{
    run(*first_, "INSERT INTO t (id) VALUES (1)");
    auto reader = connect();
    begin(*reader, true);
    run(*first_, "INSERT INTO t (id) VALUES (2)");
    hold_writer();
    EXPECT_EQ(number(*reader, "SELECT count(*) FROM t"), 1);
    EXPECT_EQ(failure([&] { run(*reader, "INSERT INTO t (id) VALUES (3)"); }).sqlstate(), "25006");
    EXPECT_EQ(reader->condition(), Condition::in_transaction);
    run(*reader, "SAVEPOINT tl_2");
    run(*reader, "RELEASE SAVEPOINT tl_2");
    commit(*reader);
    EXPECT_EQ(number(*reader, "SELECT count(*) FROM t"), 2);
    release_writer();
}

TEST_F(SqliteTransaction, snapshots_beyond_the_limit_wait_for_one_to_end)
{
    limits_.snapshots_max = 2;
    first_.reset();
    driver_.reset();
    first_ = connect();
    testing::Sessions readers;
    for (int i = 0; i < 4; ++i) readers.push_back(connect());
    begin(*readers[0], true);
    begin(*readers[1], true);
    auto waiting = Pending<void>(io_, readers[2]->begin({.read_only = true}, Deadline::max()));
    auto late = Pending<void>(io_, readers[3]->begin({.read_only = true}, Steady::now() + 50ms));
    EXPECT_THROW(late.get(), CommandTimeout);
    EXPECT_FALSE(waiting.over());
    EXPECT_EQ(count(), 0); // single reads are not in that line
    readers[0].reset();
    waiting.get();
    EXPECT_EQ(number(*readers[2], "SELECT count(*) FROM t"), 0);
}

} // namespace
} // namespace trunkline::db
