// SPDX-License-Identifier: MIT
// What is left when the power goes: many callers write through the pool until the disk dies in the middle of a write
// or a sync, and the database is opened again from what survived.
//
//   TRUNKLINE_POWER_SEED=n    runs that one seed
//   TRUNKLINE_POWER_SEEDS=n   runs so many of them
#include <support/power_loss.hpp>
#include <support/sqlite_bed.hpp>

#include <trunkline/db/pool.hpp>

#include <cstdlib>
#include <set>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::PowerLoss;
using testing::Steady;
using testing::Stranger;

struct Folder {
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "trunkline-power-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        path = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::string file() const { return (path / "test.db").string(); }
    std::filesystem::path path;
};

/// Rows that belong together: all of them are there, or none.
using Rows = std::vector<std::int64_t>;

/// What callers were told.
struct Told {
    std::vector<Rows> done;    ///< acknowledged
    std::vector<Rows> refused; ///< nothing of it remains
    std::vector<Rows> unknown;
    std::size_t unsynced = 0; ///< acknowledged although nothing was synced since they asked

    void note_failure(const Rows& rows, Outcome outcome)
    {
        (outcome == Outcome::unknown ? unknown : refused).push_back(rows);
    }
};

std::string filling(std::int64_t id) { return std::string(static_cast<std::size_t>(50 + id % 900), 'x'); }

/// Writes until the power is gone: single rows, units, transactions.
class Writer {
public:
    Writer(Pool& pool, PowerLoss& disk, Told& told, std::uint64_t seed, std::int64_t first)
        : pool_(pool), disk_(disk), told_(told), random_(seed), next_(first)
    {}

    asio::awaitable<void> run()
    {
        while (!disk_.dead()) {
            Rows rows;
            const auto kind = random_() % 4;
            for (std::size_t i = 0, count = kind < 2 ? 1 : 1 + random_() % 4; i < count; ++i) rows.push_back(next_++);
            const auto synced = disk_.syncs();
            std::optional<Outcome> failed;
            try {
                if (kind < 2) co_await write(pool_, rows.front());
                else if (kind == 2) co_await write_unit(rows);
                else co_await write_transaction(rows);
            } catch (const Error& failure) {
                failed = failure.outcome();
            }
            if (failed) {
                told_.note_failure(rows, *failed);
            } else {
                told_.done.push_back(rows);
                if (disk_.syncs() == synced) ++told_.unsynced;
            }
        }
    }

private:
    static asio::awaitable<void> write(Executor& db, std::int64_t id)
    {
        const std::string text = filling(id);
        co_await db.execute("INSERT INTO t (id, filling) VALUES ($1, $2)", id, text);
    }
    asio::awaitable<void> write_unit(const Rows& rows)
    {
        Batch batch;
        for (const auto id : rows) batch.add("INSERT INTO t (id, filling) VALUES ($1, $2)", id, filling(id));
        co_await pool_.run(std::move(batch));
    }
    asio::awaitable<void> write_transaction(const Rows& rows)
    {
        auto tx = co_await pool_.begin();
        for (const auto id : rows) co_await write(tx, id);
        co_await tx.commit();
    }

    Pool& pool_;
    PowerLoss& disk_;
    Told& told_;
    std::mt19937_64 random_;
    std::int64_t next_;
};

/// Runs writers on `disk` until its power goes.
Told write_until_dead(PowerLoss& disk, const std::string& file, std::mt19937_64& random)
{
    Told told;
    asio::io_context io;
    Options options;
    options.target = file;
    options.command_timeout = 20s;
    std::list<Writer> writers;
    std::size_t running = 0;
    std::exception_ptr failure;
    Pool pool(io.get_executor(), options);
    const auto turn_until = [&](const auto& reached) {
        const auto limit = Steady::now() + 60s;
        io.restart();
        while (!reached() && Steady::now() < limit) io.run_one_until(limit);
        if (!reached()) throw std::runtime_error("what was waited for did not happen");
        if (failure) std::rethrow_exception(failure);
    };
    const auto ended = [&](std::exception_ptr why, auto...) {
        if (why) failure = why;
        --running;
    };
    ++running;
    asio::co_spawn(io, pool.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, filling TEXT) STRICT"), ended);
    turn_until([&] { return running == 0; });
    disk.fail_after(1 + random() % 300);
    const std::size_t count = 1 + random() % 30;
    for (std::size_t i = 0; i < count; ++i) {
        auto& writer = writers.emplace_back(pool, disk, told, random(), static_cast<std::int64_t>(i) * 1'000'000);
        ++running;
        asio::co_spawn(io, writer.run(), [ended](std::exception_ptr why) { ended(why); });
    }
    turn_until([&] { return running == 0; });
    std::optional<std::vector<Holder>> drained;
    asio::co_spawn(io, pool.drain(), [&drained](std::exception_ptr, std::vector<Holder> cut) { drained = cut; });
    turn_until([&] { return drained.has_value(); });
    return told;
}

/// What is wrong with the database that came back; empty when nothing is.
std::vector<std::string> faults_of(const std::string& file, const Told& told)
{
    Stranger found(file);
    std::vector<std::string> faults;
    if (found.number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'") != 0)
        faults.emplace_back("the file is damaged");
    const auto there = [&found](std::int64_t id) {
        const std::string sql = "SELECT count(*) FROM t WHERE id = " + std::to_string(id) +
                                " AND length(filling) = " + std::to_string(filling(id).size());
        return found.number(sql.c_str()) == 1;
    };
    const auto count = [&](const Rows& rows) { return static_cast<std::size_t>(std::ranges::count_if(rows, there)); };
    for (const Rows& rows : told.done)
        if (count(rows) != rows.size()) faults.push_back("acknowledged and lost: " + std::to_string(rows.front()));
    for (const Rows& rows : told.refused)
        if (count(rows) != 0) faults.push_back("refused and done: " + std::to_string(rows.front()));
    for (const Rows& rows : told.unknown)
        if (count(rows) != 0 && count(rows) != rows.size())
            faults.push_back("half done: " + std::to_string(rows.front()));
    return faults;
}

struct Outcomes {
    std::size_t acknowledged = 0;
    std::size_t unsynced = 0;
    std::vector<std::string> faults;
};

/// One run on a disk that tells the truth, or not.
Outcomes lose_power(std::uint64_t seed, bool honest)
{
    const Folder before, after;
    std::mt19937_64 random(seed);
    Told told;
    {
        PowerLoss disk;
        if (!honest) disk.lie_about_syncs();
        told = write_until_dead(disk, before.file(), random);
        disk.survivors(after.path, static_cast<PowerLoss::Unsynced>(random() % 3), random());
    }
    return {told.done.size(), told.unsynced, faults_of(after.file(), told)};
}

std::vector<std::uint64_t> seeds()
{
    if (const char* one = std::getenv("TRUNKLINE_POWER_SEED")) return {std::strtoull(one, nullptr, 10)};
    const char* wanted = std::getenv("TRUNKLINE_POWER_SEEDS");
    std::vector<std::uint64_t> all(wanted ? std::strtoull(wanted, nullptr, 10) : 40);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i + 1;
    return all;
}

TEST(SqlitePowerLoss, nothing_acknowledged_is_lost_and_nothing_refused_is_there)
{
    std::size_t acknowledged = 0;
    for (const std::uint64_t seed : seeds()) {
        const auto found = lose_power(seed, true);
        for (const auto& fault : found.faults) ADD_FAILURE() << fault << "; again with TRUNKLINE_POWER_SEED=" << seed;
        EXPECT_EQ(found.unsynced, 0u) << "answered before the sync; again with TRUNKLINE_POWER_SEED=" << seed;
        acknowledged += found.acknowledged;
    }
    if (!std::getenv("TRUNKLINE_POWER_SEED")) EXPECT_GT(acknowledged, 100u);
    RecordProperty("acknowledged", static_cast<int>(acknowledged));
}

TEST(SqlitePowerLoss, a_disk_that_does_not_sync_is_found_out)
{
    std::size_t runs_with_losses = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) runs_with_losses += lose_power(seed, false).faults.empty() ? 0 : 1;
    EXPECT_GE(runs_with_losses, 3u); // one third of the seeds lose all that was not synced
}

/// Rows that SQLite by itself lost, of those it had said were committed.
std::int64_t lost_by_sqlite(const char* synchronous)
{
    const Folder before, after;
    std::int64_t committed = 0;
    {
        PowerLoss disk;
        {
            Stranger writer(before.file());
            writer.run("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY);"
                       "PRAGMA wal_checkpoint(TRUNCATE)");
            writer.run(synchronous);
            disk.fail_after(60);
            while (writer.run("INSERT INTO t DEFAULT VALUES") == SQLITE_OK) ++committed;
        }
        disk.survivors(after.path, PowerLoss::Unsynced::lost, 1);
    }
    Stranger found(after.file());
    return committed - found.number("SELECT count(*) FROM t");
}

TEST(SqlitePowerLoss, the_disk_tells_full_flushes_from_fewer)
{
    EXPECT_EQ(lost_by_sqlite("PRAGMA synchronous = FULL"), 0);
    EXPECT_GT(lost_by_sqlite("PRAGMA synchronous = NORMAL"), 0);
    EXPECT_GT(lost_by_sqlite("PRAGMA synchronous = OFF"), 0);
}

} // namespace
} // namespace trunkline::db
