// SPDX-License-Identifier: MIT
#include <outbox/outbox.hpp>

#include <base/task_group.hpp>
#include <support/database.hpp>

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace trunkline::outbox {

namespace {

using namespace std::chrono_literals;

/// What several workers did to the rows of some keys, written down as it happened.
struct Ledger {
    std::map<Uuid, std::vector<std::int64_t>> done;  ///< by key, in the order of delivery
    std::map<Uuid, std::pair<Uuid, Time>> worked_on; ///< by key: the row, and until when it is leased
    std::vector<std::string> wrongs;
    std::size_t ended = 0;
};

struct Workers : ::testing::TestWithParam<db::Engine> {
    trunkline::testing::Database database{GetParam()};
    Ledger ledger;

    void put_rows(std::size_t keys, std::int64_t rows_of_each)
    {
        db::Batch batch;
        for (std::size_t i = 0; i < keys; ++i) {
            const Uuid key = db::new_uuid();
            for (std::int64_t seq = 1; seq <= rows_of_each; ++seq)
                batch.add("INSERT INTO outbox (id, tenant_id, topic, order_key, seq, payload, attempts, next_at,"
                          " created_at) VALUES ($1, $2, 'mirror', $3, $4, '{}', 0, $5, $5)",
                          db::new_uuid(), database.tenant, key, seq, database.clock.now());
        }
        (void)database.run(database.pool().run(std::move(batch)));
    }
    std::int64_t open() { return database.run(backlog(database.pool(), database.tenant, "mirror")).open; }
};

void begin(Ledger& ledger, const Claimed& row, Time now, Time until)
{
    const auto busy = ledger.worked_on.find(row.order_key);
    if (busy != ledger.worked_on.end() && now < busy->second.second)
        ledger.wrongs.push_back("two rows of one key were worked on at once");
    ledger.worked_on[row.order_key] = {row.id, until};
}

void end(Ledger& ledger, const Claimed& row) { ledger.worked_on.erase(row.order_key); }

/// A worker that delivers until nothing is left; what it claims it holds while others claim too.
asio::awaitable<void> deliver_all(db::Pool& pool, Clock& clock, Ledger& ledger)
{
    for (;;) {
        const auto rows = co_await claim(pool, "mirror", clock.now(), 30s, 3);
        for (const Claimed& row : rows) begin(ledger, row, clock.now(), clock.now() + 30s);
        for (const Claimed& row : rows) {
            end(ledger, row);
            if (co_await finish(pool, row, clock.now())) ledger.done[row.order_key].push_back(row.seq);
            else ledger.wrongs.push_back("a lease that had not run out was lost");
        }
        if (!rows.empty()) continue;
        const auto left = co_await pool.fetch_value<std::int64_t>("SELECT count(*) FROM outbox WHERE done_at IS NULL");
        if (left == 0) break;
    }
    ++ledger.ended;
}

} // namespace

TEST_P(Workers, that_claim_at_once_deliver_every_row_once_and_in_its_order)
{
    constexpr std::size_t keys = 8, workers = 4;
    constexpr std::int64_t rows_of_each = 6;
    put_rows(keys, rows_of_each);
    TaskGroup group(database.io.get_executor(),
                    [&](std::string_view, std::exception_ptr) { ledger.wrongs.push_back("a worker failed"); });
    for (std::size_t i = 0; i < workers; ++i)
        group.start("worker", deliver_all(database.pool(), database.clock, ledger));
    database.until([&] { return group.size() == 0; });
    EXPECT_EQ(ledger.ended, workers);
    EXPECT_EQ(ledger.wrongs, std::vector<std::string>{});
    ASSERT_EQ(ledger.done.size(), keys);
    for (const auto& [key, seqs] : ledger.done) EXPECT_EQ(seqs, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
}

/// Workers that finish, fail, give up, dawdle and die in any order: what the header promises holds after every step.
TEST_P(Workers, whatever_they_do_no_two_have_one_key_and_the_order_is_kept)
{
    constexpr std::size_t keys = 4;
    put_rows(keys, 5);
    std::mt19937 random(20261121);
    std::vector<std::pair<Claimed, Time>> held; // until when
    std::map<Uuid, std::int64_t> last;          // by key: the highest seq that is done or dead
    db::Pool& pool = database.pool();
    for (int step = 0; step < 2'000 && open() > 0; ++step) {
        const Time now = database.clock.now();
        if (random() % 3 == 0) {
            for (const Claimed& row : database.run(claim(pool, "mirror", now, 30s, 1 + random() % 3))) {
                for (const auto& [other, until] : held)
                    EXPECT_FALSE(other.order_key == row.order_key && now < until) << "leased twice";
                EXPECT_EQ(row.seq, last[row.order_key] + 1);
                held.emplace_back(row, now + 30s);
            }
            continue;
        }
        database.clock.advance(std::chrono::seconds(random() % 5));
        if (held.empty()) continue;
        const std::size_t which = random() % held.size();
        const auto [row, until] = held[which];
        held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
        const int what = static_cast<int>(random() % 4);
        if (what == 0) database.run(retry(pool, row, database.clock.now() + 3s, "again"));
        else if (what == 1) {
            database.run(bury(pool, row, database.clock.now(), "never"));
            const auto dead = database.run(pool.fetch_value<std::int64_t>(
                "SELECT count(*) FROM outbox WHERE id = $1 AND dead_at IS NOT NULL", row.id));
            if (dead == 1) last[row.order_key] = std::max(last[row.order_key], row.seq);
        } else if (what == 2 && database.run(finish(pool, row, database.clock.now()))) {
            EXPECT_EQ(row.seq, last[row.order_key] + 1);
            last[row.order_key] = row.seq;
        } // else it died with the row in its hands
    }
    EXPECT_EQ(open(), 0);
    EXPECT_EQ(last.size(), keys);
    for (const auto& [key, seq] : last) EXPECT_EQ(seq, 5);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Workers, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::outbox
