// SPDX-License-Identifier: MIT
#include <outbox/outbox.hpp>

#include <support/database.hpp>

#include <gtest/gtest.h>

namespace trunkline::outbox {

namespace {

using namespace std::chrono_literals;
using Seqs = std::vector<std::int64_t>;

struct Row {
    std::string topic = "mirror";
    Uuid order_key = db::new_uuid();
    std::int64_t seq = 1;
    Time next_at;
    std::string payload = "{}";
};

/// What a row says of itself.
struct State {
    std::int64_t attempts = 0;
    Time next_at;
    std::optional<Time> lease_until;
    std::optional<Uuid> lease_token;
    std::optional<std::string> last_error;
    std::optional<Time> done_at, dead_at;
};
BOOST_DESCRIBE_STRUCT(State, (), (attempts, next_at, lease_until, lease_token, last_error, done_at, dead_at))

struct Outbox : ::testing::TestWithParam<db::Engine> {
    trunkline::testing::Database database{GetParam()};
    db::Pool& pool = database.pool();
    const Uuid key = db::new_uuid(), other_key = db::new_uuid();

    Time now() const { return database.clock.now(); }
    Uuid put(Row row, const Uuid& tenant)
    {
        const Uuid id = db::new_uuid();
        (void)database.run(pool.execute(
            "INSERT INTO outbox (id, tenant_id, topic, order_key, seq, payload, attempts, next_at, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)",
            id, tenant, row.topic, row.order_key, row.seq, row.payload, row.next_at, now()));
        return id;
    }
    Uuid put(Row row) { return put(std::move(row), database.tenant); }
    /// Rows of one key, due now.
    void put_rows(const Uuid& order_key, std::int64_t count)
    {
        for (std::int64_t seq = 1; seq <= count; ++seq) put({.order_key = order_key, .seq = seq, .next_at = now()});
    }
    std::vector<Claimed> take(std::int64_t rows_max = 100, std::string topic = "mirror")
    {
        return database.run(claim(pool, std::move(topic), now(), 30s, rows_max));
    }
    /// The one row that can be claimed.
    Claimed take_one()
    {
        auto rows = take();
        if (rows.size() != 1) throw std::runtime_error("claimed " + std::to_string(rows.size()) + " rows, not one");
        return rows.front();
    }
    State state(const Uuid& id)
    {
        return database.run(pool.fetch_one<State>("SELECT attempts, next_at, lease_until, lease_token, last_error,"
                                                  " done_at, dead_at FROM outbox WHERE id = $1",
                                                  id));
    }
    bool finished(const Claimed& row) { return database.run(finish(pool, row, now())); }
    void move_to(const Uuid& id, Time next_at)
    {
        (void)database.run(pool.execute("UPDATE outbox SET next_at = $1 WHERE id = $2", next_at, id));
    }
    Backlog standing(const Uuid& tenant) { return database.run(backlog(pool, tenant, "mirror")); }
    std::vector<DeadLetter> dead() { return database.run(dead_letters(pool, database.tenant, "mirror", 100)); }
};

Seqs seqs_of(const std::vector<Claimed>& rows)
{
    Seqs seqs;
    for (const Claimed& row : rows) seqs.push_back(row.seq);
    return seqs;
}

} // namespace

TEST_P(Outbox, a_row_that_is_due_is_claimed_once_with_all_that_it_says)
{
    const Uuid id = put({.order_key = key, .seq = 7, .next_at = now() - 1s, .payload = R"({"a":"ü"})"});
    const Claimed row = take_one();
    EXPECT_EQ(row.id, id);
    EXPECT_EQ(row.tenant_id, database.tenant);
    EXPECT_EQ(row.topic, "mirror");
    EXPECT_EQ(row.order_key, key);
    EXPECT_EQ(row.seq, 7);
    EXPECT_EQ(row.payload, R"({"a":"ü"})");
    EXPECT_EQ(row.attempts, 1);
    EXPECT_EQ(row.next_at, now() - 1s);
    EXPECT_EQ(row.created_at, now());
    EXPECT_EQ(state(id).lease_token, row.lease_token);
    EXPECT_EQ(state(id).lease_until, now() + 30s);
    EXPECT_TRUE(take().empty());
}

TEST_P(Outbox, a_row_waits_for_its_time)
{
    put({.next_at = now() + 10s});
    database.clock.advance(10s - 1us);
    EXPECT_TRUE(take().empty());
    database.clock.advance(1us);
    EXPECT_EQ(take().size(), 1u);
}

TEST_P(Outbox, the_rows_that_wait_longest_are_claimed_first_and_no_more_than_wanted)
{
    for (std::int64_t i = 1; i <= 5; ++i) put({.seq = i, .next_at = now() - std::chrono::seconds(i)});
    auto seqs = seqs_of(take(2));
    std::ranges::sort(seqs);
    EXPECT_EQ(seqs, (Seqs{4, 5}));
    EXPECT_EQ(take(100).size(), 3u);
}

TEST_P(Outbox, topics_do_not_see_each_other)
{
    put({.topic = "extraction", .order_key = key, .seq = 1, .next_at = now()});
    put({.topic = "mirror", .order_key = key, .seq = 2, .next_at = now()});
    EXPECT_EQ(seqs_of(take(100, "mirror")), Seqs{2}); // the other topic's first row does not hold it up
    EXPECT_EQ(seqs_of(take(100, "extraction")), Seqs{1});
}

TEST_P(Outbox, of_each_key_only_the_first_open_row_is_claimed)
{
    put_rows(key, 3);
    put_rows(other_key, 2);
    auto rows = take();
    EXPECT_EQ(seqs_of(rows), (Seqs{1, 1}));
    EXPECT_TRUE(take().empty()); // both heads are leased
    for (const Claimed& row : rows) EXPECT_TRUE(finished(row));
    EXPECT_EQ(seqs_of(take()), (Seqs{2, 2}));
}

TEST_P(Outbox, a_row_that_is_tried_again_later_holds_up_those_behind_it)
{
    put_rows(key, 2);
    const Claimed row = take_one();
    database.run(retry(pool, row, now() + 60s, "connection refused"));
    const State after = state(row.id);
    EXPECT_EQ(after.next_at, now() + 60s);
    EXPECT_EQ(after.last_error, "connection refused");
    EXPECT_EQ(after.attempts, 1);
    EXPECT_FALSE(after.lease_token || after.lease_until || after.done_at || after.dead_at);
    EXPECT_TRUE(take().empty());
    database.clock.advance(60s);
    const Claimed again = take_one();
    EXPECT_EQ(again.seq, 1);
    EXPECT_EQ(again.attempts, 2);
    EXPECT_TRUE(finished(again));
    EXPECT_EQ(state(row.id).last_error, std::nullopt);
    EXPECT_EQ(take_one().seq, 2);
}

TEST_P(Outbox, a_lease_that_ran_out_is_anothers_and_the_first_worker_changes_nothing_more)
{
    const Uuid id = put({.next_at = now()});
    const Claimed slow = take_one();
    database.clock.advance(30s - 1us);
    EXPECT_TRUE(take().empty());
    database.clock.advance(1us);
    const Claimed fast = take_one();
    EXPECT_EQ(fast.id, id);
    EXPECT_EQ(fast.attempts, 2);
    EXPECT_NE(fast.lease_token, slow.lease_token);

    EXPECT_FALSE(finished(slow));
    database.run(retry(pool, slow, now() + 1h, "late"));
    database.run(bury(pool, slow, now(), "late"));
    EXPECT_EQ(state(id).lease_token, fast.lease_token);
    EXPECT_EQ(state(id).next_at, slow.next_at);
    EXPECT_FALSE(state(id).done_at || state(id).dead_at || state(id).last_error);
    EXPECT_TRUE(finished(fast));
    EXPECT_EQ(state(id).done_at, now());
    EXPECT_FALSE(finished(fast)); // it is done
}

TEST_P(Outbox, a_row_that_was_moved_while_it_was_worked_on_stays_open_and_free)
{
    const Uuid id = put({.next_at = now()});
    const Claimed row = take_one();
    move_to(id, now() + 2s);
    EXPECT_FALSE(finished(row));
    EXPECT_FALSE(state(id).done_at || state(id).lease_token || state(id).lease_until);
    EXPECT_TRUE(take().empty());
    database.clock.advance(2s);
    EXPECT_TRUE(finished(take_one()));
}

TEST_P(Outbox, many_rows_are_finished_as_one_unit_without_those_whose_lease_was_lost)
{
    const Uuid lost = put({.next_at = now()});
    const Claimed old = take_one();
    database.clock.advance(30s);
    const Claimed taken_over = take_one();
    put({.next_at = now()});
    put({.next_at = now()});
    auto rows = take();
    ASSERT_EQ(rows.size(), 2u);
    rows.push_back(old);
    db::Batch batch;
    for (const Claimed& row : rows) add_finish(batch, row, now());
    (void)database.run(pool.run(std::move(batch)));
    EXPECT_EQ(state(rows[0].id).done_at, now());
    EXPECT_EQ(state(rows[1].id).done_at, now());
    EXPECT_EQ(state(rows[0].id).lease_token, std::nullopt);
    EXPECT_EQ(state(lost).done_at, std::nullopt);
    EXPECT_EQ(state(lost).lease_token, taken_over.lease_token);
}

TEST_P(Outbox, a_dead_letter_lets_those_behind_it_pass)
{
    put_rows(key, 2);
    const Claimed row = take_one();
    database.run(bury(pool, row, now(), "the table has no such column"));
    EXPECT_EQ(take_one().seq, 2);
    const auto letters = dead();
    ASSERT_EQ(letters.size(), 1u);
    EXPECT_EQ(letters[0].id, row.id);
    EXPECT_EQ(letters[0].order_key, key);
    EXPECT_EQ(letters[0].seq, 1);
    EXPECT_EQ(letters[0].last_error, "the table has no such column");
    EXPECT_EQ(letters[0].attempts, 1);
    EXPECT_EQ(letters[0].dead_at, now());
    EXPECT_TRUE(database.run(dead_letters(pool, database.other_tenant, "mirror", 100)).empty());
    EXPECT_TRUE(database.run(dead_letters(pool, database.tenant, "extraction", 100)).empty());
    EXPECT_TRUE(database.run(dead_letters(pool, database.tenant, "mirror", 0)).empty());
}

TEST_P(Outbox, a_dead_letter_is_revived_in_its_place)
{
    put_rows(key, 3);
    const Claimed row = take_one();
    database.run(bury(pool, row, now(), "no"));
    database.clock.advance(1h);
    EXPECT_TRUE(database.run(revive(pool, database.tenant, "mirror", row.id, now())));
    EXPECT_TRUE(dead().empty());
    const Claimed again = take_one();
    EXPECT_EQ(again.seq, 1);
    EXPECT_EQ(again.attempts, 1);
    EXPECT_EQ(again.next_at, now());
    EXPECT_TRUE(finished(again));
    EXPECT_EQ(take_one().seq, 2);
}

TEST_P(Outbox, only_a_dead_letter_of_this_tenant_and_topic_is_revived)
{
    put_rows(key, 1);
    const Claimed row = take_one();
    EXPECT_FALSE(database.run(revive(pool, database.tenant, "mirror", row.id, now()))); // alive
    database.run(bury(pool, row, now(), "no"));
    EXPECT_FALSE(database.run(revive(pool, database.other_tenant, "mirror", row.id, now())));
    EXPECT_FALSE(database.run(revive(pool, database.tenant, "extraction", row.id, now())));
    EXPECT_FALSE(database.run(revive(pool, database.tenant, "mirror", db::new_uuid(), now())));
    EXPECT_EQ(state(row.id).dead_at, now());
    EXPECT_TRUE(take().empty());
}

TEST_P(Outbox, the_leases_of_a_process_that_died_are_void)
{
    put_rows(key, 2);
    put({.topic = "extraction", .next_at = now()});
    const Claimed row = take_one();
    (void)take(1, "extraction");
    database.run(void_all_leases(pool));
    EXPECT_FALSE(state(row.id).lease_until);
    const Claimed again = take_one();
    EXPECT_EQ(again.id, row.id);
    EXPECT_EQ(again.attempts, 2);
    EXPECT_EQ(take(1, "extraction").size(), 1u);
    EXPECT_FALSE(finished(row));
    EXPECT_TRUE(finished(again));
}

TEST_P(Outbox, a_claim_that_is_rolled_back_was_none)
{
    const Uuid id = put({.next_at = now()});
    auto claim_and_lose = [](db::Pool& pool, Time now) -> asio::awaitable<void> {
        auto tx = co_await pool.begin();
        (void)co_await claim(tx, "mirror", now, 30s, 10);
        co_await tx.rollback();
    };
    database.run(claim_and_lose(pool, now()));
    EXPECT_EQ(state(id).attempts, 0);
    EXPECT_EQ(take_one().attempts, 1);
}

TEST_P(Outbox, a_topic_says_how_it_stands)
{
    const Backlog empty = standing(database.tenant);
    EXPECT_EQ(empty.open + empty.delivered + empty.dead, 0);
    EXPECT_FALSE(empty.oldest_open_at || empty.next_attempt_at || empty.last_error);

    put_rows(key, 4);
    put({.topic = "extraction", .next_at = now()});
    (void)put({.next_at = now()}, database.other_tenant);
    const Time began = now();
    const auto of_tenant = [&] {
        auto rows = take();
        std::erase_if(rows, [&](const Claimed& row) { return row.tenant_id != database.tenant; });
        return rows.at(0);
    };
    EXPECT_TRUE(finished(of_tenant()));
    database.run(bury(pool, of_tenant(), now(), "buried"));
    database.run(retry(pool, of_tenant(), now() + 5s, "refused"));
    database.clock.advance(1s);
    put({.next_at = now() + 1h});

    const Backlog now_so = standing(database.tenant);
    EXPECT_EQ(now_so.open, 3);
    EXPECT_EQ(now_so.delivered, 1);
    EXPECT_EQ(now_so.dead, 1);
    EXPECT_EQ(now_so.oldest_open_at, began);
    EXPECT_EQ(now_so.next_attempt_at, began); // seq 4, behind the one that waits
    EXPECT_EQ(now_so.last_error, "refused");
    EXPECT_EQ(standing(database.other_tenant).open, 1);
}

TEST_P(Outbox, what_was_delivered_is_forgotten_after_thirty_days_and_nothing_else)
{
    put_rows(key, 3);
    EXPECT_TRUE(finished(take_one()));
    database.run(bury(pool, take_one(), now(), "no")); // seq 3 stays open
    database.clock.advance(delivered_kept_for);
    EXPECT_EQ(database.run(forget_delivered(pool, now())), 0u);
    database.clock.advance(1us);
    EXPECT_EQ(database.run(forget_delivered(pool, now())), 1u);
    const Backlog left = standing(database.tenant);
    EXPECT_EQ(left.delivered, 0);
    EXPECT_EQ(left.dead, 1);
    EXPECT_EQ(left.open, 1);
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Outbox, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::outbox
