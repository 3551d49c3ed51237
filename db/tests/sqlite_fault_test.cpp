// SPDX-License-Identifier: MIT
// A full disk, a damaged file, somebody else's lock: what callers of the pool hear, and that it goes on.
#include <support/sqlite_bed.hpp>

#include <trunkline/db/pool.hpp>

#include <fstream>
#include <list>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::Pending;
using testing::Steady;
using testing::Stranger;

class SqliteFault : public testing::SqliteBed {
protected:
    SqliteFault() { open(); }
    ~SqliteFault() override { close(); }

    void open() { pool_.emplace(io_.get_executor(), options_); }
    void close()
    {
        if (!pool_) return;
        std::vector<Holder> cut;
        Pending<void>(io_, keep(pool_->drain(), cut)).get();
        pool_.reset();
        io_.restart();
        io_.poll(); // the last one out folds the log into the file
    }

    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> work, T& value)
    {
        value = co_await std::move(work);
    }
    std::uint64_t execute(std::string sql)
    {
        return Pending<std::uint64_t>(io_, pool_->execute(unsafe_sql(std::move(sql)))).get();
    }
    std::int64_t number(std::string sql)
    {
        return Pending<std::int64_t>(io_, pool_->fetch_value<std::int64_t>(unsafe_sql(std::move(sql)))).get();
    }
    Pending<std::uint64_t>& insert(std::int64_t id, std::size_t size)
    {
        const std::string name(size, 'x');
        return calls_.emplace_back(io_, pool_->execute("INSERT INTO t (id, name) VALUES ($1, $2)", id, name));
    }
    /// Two tables of some pages each, all of it in the file and nothing in the log; then the pool is opened anew.
    void fill()
    {
        execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) STRICT");
        execute("CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT) STRICT");
        for (const std::string table : {"u", "t"})
            execute("INSERT INTO " + table +
                    " WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
                    " SELECT i, printf('%0900d', i) FROM n");
        root_ = number("SELECT rootpage FROM sqlite_schema WHERE name = 't'");
        page_size_ = number("PRAGMA page_size");
        close();
        open();
        EXPECT_EQ(number("SELECT count(*) FROM u"), 100);
    }

    std::optional<Pool> pool_;
    std::list<Pending<std::uint64_t>> calls_;
    std::int64_t root_ = 0;
    std::int64_t page_size_ = 0;
};

TEST_F(SqliteFault, a_disk_that_is_full_takes_what_fits_and_keeps_what_it_acknowledged)
{
    execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) STRICT");
    const auto pages = number("PRAGMA page_count");
    execute("PRAGMA max_page_count = " + std::to_string(pages + 60));
    // In one group: some fit by themselves, none of the large ones ever does.
    for (int i = 0; i < 90; ++i) insert(i, i % 3 == 2 ? 1'000'000 : 1'000);
    std::int64_t done = 0, full = 0, i = 0;
    for (auto& call : calls_) {
        try {
            call.get();
            ++done;
            EXPECT_NE(i % 3, 2);
        } catch (const DiskFull& failed) {
            EXPECT_EQ(failed.sqlstate(), "53100");
            EXPECT_EQ(failed.outcome(), Outcome::rejected);
            EXPECT_TRUE(failed.unavailable());
            ++full;
        }
        ++i;
    }
    EXPECT_EQ(done, 60); // sixty rows of a kilobyte fit into sixty pages
    EXPECT_EQ(full, 30);
    EXPECT_EQ(number("SELECT count(*) FROM t"), done);
    execute("PRAGMA max_page_count = " + std::to_string(pages + 1000));
    EXPECT_EQ(insert(1000, 1'000'000).get(), 1u); // room again: all is as it was
    EXPECT_EQ(number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
}

TEST_F(SqliteFault, a_damaged_page_fails_whoever_needs_it_and_nobody_else)
{
    fill();
    {
        std::fstream file(options_.target, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp((root_ - 1) * page_size_);
        file << std::string(static_cast<std::size_t>(page_size_), '\xff');
    }
    const auto damaged = failure([&] { number("SELECT count(*) FROM t"); });
    EXPECT_EQ(damaged.sqlstate(), "XX001");
    EXPECT_EQ(damaged.outcome(), Outcome::rejected);
    calls_.emplace_back(io_, pool_->execute("INSERT INTO t (id) VALUES (1000)"));
    calls_.emplace_back(io_, pool_->execute("INSERT INTO u (id) VALUES (1000)"));
    EXPECT_EQ(failure([&] { calls_.front().get(); }).sqlstate(), "XX001");
    EXPECT_EQ(calls_.back().get(), 1u);
    EXPECT_EQ(number("SELECT count(*) FROM u"), 101);
}

TEST_F(SqliteFault, a_file_that_is_cut_off_under_the_pool_is_an_error_and_not_a_crash)
{
    fill();
    std::filesystem::resize_file(options_.target, static_cast<std::uintmax_t>(page_size_ * 4));
    const auto cut = failure([&] { number("SELECT sum(length(name)) FROM t"); });
    EXPECT_TRUE(cut.sqlstate() == "XX001" || cut.sqlstate() == "58030") << cut.what();
    EXPECT_EQ(number("SELECT 1"), 1);
}

TEST_F(SqliteFault, somebody_elses_lock_is_waited_for_and_never_shown)
{
    execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) STRICT");
    Stranger stranger(options_.target);
    ASSERT_EQ(stranger.run("BEGIN IMMEDIATE; INSERT INTO t (id) VALUES (100)"), SQLITE_OK);
    auto view = pool_->within(150ms);
    auto late = Pending<std::uint64_t>(io_, view.execute("INSERT INTO t (id) VALUES (1)"));
    for (int i = 2; i < 20; ++i) insert(i, 10);
    const auto refused = failure<CommandTimeout>([&] { late.get(); });
    EXPECT_EQ(refused.outcome(), Outcome::not_sent);
    EXPECT_NE(std::string_view(refused.what()).find("another process"), std::string_view::npos) << refused.what();
    EXPECT_EQ(number("SELECT count(*) FROM t"), 0); // reading goes on
    ASSERT_EQ(stranger.run("COMMIT"), SQLITE_OK);
    for (auto& call : calls_) EXPECT_EQ(call.get(), 1u);
    EXPECT_EQ(number("SELECT count(*) FROM t"), 19);
}

} // namespace
} // namespace trunkline::db
