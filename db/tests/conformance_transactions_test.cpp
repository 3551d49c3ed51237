// SPDX-License-Identifier: MIT
#include <support/conformance.hpp>

namespace trunkline::db::testing {
namespace {

using Names = std::vector<std::string>;

// -- Batches -----------------------------------------------------------------

Batch batch_of(const std::vector<std::string>& names)
{
    Batch batch;
    for (const auto& name : names)
        batch.add("INSERT INTO people (id, name) VALUES ($1, $2) RETURNING name", new_uuid(), name);
    return batch;
}

TEST_P(Conformance, a_batch_answers_a_result_for_each_member)
{
    Batch batch = batch_of({"Ada", "Grace"});
    batch.add("UPDATE people SET age = $1", 36);
    const auto results = get(pool().run(std::move(batch)));
    ASSERT_EQ(results.size(), 3u);
    EXPECT_EQ(results[1][0].get<std::string>("name"), "Grace");
    EXPECT_EQ(results[2].affected(), 2u);
    EXPECT_TRUE(get(pool().run(Batch())).empty());
}

TEST_P(Conformance, a_batch_that_fails_leaves_nothing_and_names_the_member)
{
    const auto failure = failure_of<CheckViolation>(pool().run(batch_of({"Ada", "Grace", "", "Radia"})));
    EXPECT_EQ(failure.index(), 2u);
    EXPECT_EQ(failure.outcome(), Outcome::rejected);
    EXPECT_TRUE(names(pool()).empty());
}

TEST_P(Conformance, a_batch_inside_a_transaction_is_a_savepoint)
{
    auto tx = get(pool().begin());
    add(tx, "Ada");
    EXPECT_EQ(failure_of<CheckViolation>(tx.run(batch_of({"Grace", ""}))).index(), 1u);
    EXPECT_EQ(names(tx), (Names{"Ada"})) << "the transaction lives on";
    get(tx.run(batch_of({"Radia"})));
    get(tx.commit());
    EXPECT_EQ(names(pool()), (Names{"Ada", "Radia"}));
}

TEST_P(Conformance, a_batch_inside_a_transaction_goes_with_it)
{
    auto tx = get(pool().begin());
    get(tx.run(batch_of({"Ada"})));
    get(tx.rollback());
    EXPECT_TRUE(names(pool()).empty());
}

// -- Transactions ------------------------------------------------------------

TEST_P(Conformance, what_is_committed_stays_and_the_transaction_is_over)
{
    auto tx = get(pool().begin());
    add(tx, "Ada");
    get(tx.commit());
    EXPECT_EQ(names(pool()), (Names{"Ada"}));
    failure_of<UsageError>(tx.execute("DELETE FROM people"));
    failure_of<UsageError>(tx.commit());
    EXPECT_EQ(names(pool()), (Names{"Ada"}));
}

TEST_P(Conformance, what_is_rolled_back_is_gone)
{
    auto tx = get(pool().begin());
    add(tx, "Ada");
    get(tx.rollback());
    EXPECT_TRUE(names(pool()).empty());
    EXPECT_EQ(pool().stats().in_use, 0u);
}

TEST_P(Conformance, a_transaction_that_is_dropped_is_rolled_back)
{
    {
        auto tx = get(pool().begin());
        add(tx, "Ada");
    }
    EXPECT_TRUE(names(pool()).empty());
    EXPECT_EQ(pool().stats().broken, 0u) << "and its connection serves on";
}

TEST_P(Conformance, after_an_error_a_transaction_can_be_rolled_back)
{
    auto tx = get(pool().begin());
    add(tx, "Ada");
    failure_of<CheckViolation>(tx.execute("INSERT INTO people (id, name) VALUES ($1, $2)", new_uuid(), ""));
    get(tx.rollback());
    EXPECT_TRUE(names(pool()).empty());
    EXPECT_EQ(pool().stats().broken, 0u);
}

TEST_P(Conformance, after_an_error_postgresql_refuses_the_rest_and_the_others_undo_the_statement_alone)
{
    auto tx = get(pool().begin());
    add(tx, "Ada");
    failure_of<CheckViolation>(tx.execute("INSERT INTO people (id, name) VALUES ($1, $2)", new_uuid(), ""));
    if (is_postgresql()) {
        EXPECT_EQ(failure_of<Error>(tx.execute("DELETE FROM people")).sqlstate(), "25P02");
        EXPECT_EQ(failure_of<Error>(tx.commit()).outcome(), Outcome::rejected);
        EXPECT_TRUE(names(pool()).empty());
    } else {
        get(tx.commit());
        EXPECT_EQ(names(pool()), (Names{"Ada"}));
    }
}

TEST_P(ConformanceOfMany, nobody_sees_what_is_not_committed)
{
    auto tx = get(pool().begin());
    add(tx, "Ada");
    EXPECT_TRUE(names(pool()).empty());
    EXPECT_EQ(names(tx), (Names{"Ada"}));
    get(tx.commit());
    EXPECT_EQ(names(pool()), (Names{"Ada"}));
}

TEST_P(ConformanceOfMany, a_read_only_transaction_is_a_snapshot_that_refuses_writes)
{
    add(pool(), "Ada");
    auto snapshot = get(pool().begin({.isolation = Isolation::repeatable_read, .read_only = true}));
    EXPECT_EQ(names(snapshot), (Names{"Ada"}));
    add(pool(), "Grace");
    EXPECT_EQ(names(snapshot), (Names{"Ada"}));
    EXPECT_EQ(failure_of<Error>(snapshot.execute("DELETE FROM people")).sqlstate(), "25006");
    get(snapshot.rollback());
    EXPECT_EQ(names(pool()), (Names{"Ada", "Grace"}));
}

TEST_P(Conformance, a_connection_of_ones_own_begins_transactions_too)
{
    {
        auto connection = get(pool().acquire());
        auto tx = get(connection.begin());
        add(tx, "Ada");
        failure_of<UsageError>(connection.execute("DELETE FROM people"));
        get(tx.commit());
        EXPECT_EQ(names(connection), (Names{"Ada"}));
        auto dropped = get(connection.begin());
        add(dropped, "Eve");
    }
    EXPECT_EQ(names(pool()), (Names{"Ada"}));
}

// -- Savepoints --------------------------------------------------------------

TEST_P(Conformance, a_savepoint_is_undone_alone)
{
    auto tx = get(pool().begin());
    add(tx, "Ada");
    {
        auto inner = get(tx.begin());
        add(inner, "Eve");
        get(inner.rollback());
    }
    auto kept = get(tx.begin());
    add(kept, "Grace");
    get(kept.commit());
    get(tx.commit());
    EXPECT_EQ(names(pool()), (Names{"Ada", "Grace"}));
}

TEST_P(Conformance, a_dropped_savepoint_is_undone_and_heals_the_transaction)
{
    auto tx = get(pool().begin());
    {
        auto inner = get(tx.begin());
        add(inner, "Eve");
        failure_of<CheckViolation>(inner.execute("INSERT INTO people (id, name) VALUES ($1, $2)", new_uuid(), ""));
    }
    add(tx, "Ada");
    get(tx.commit());
    EXPECT_EQ(names(pool()), (Names{"Ada"}));
}

TEST_P(Conformance, the_parent_waits_while_its_savepoint_is_open)
{
    auto tx = get(pool().begin());
    auto inner = get(tx.begin());
    failure_of<UsageError>(tx.execute("DELETE FROM people"));
    failure_of<UsageError>(tx.commit());
    add(inner, "Ada");
    get(inner.commit());
    get(tx.commit());
    EXPECT_EQ(names(pool()), (Names{"Ada"}));
}

TEST_P(Conformance, a_savepoint_goes_with_its_transaction)
{
    auto tx = get(pool().begin());
    auto inner = get(tx.begin());
    add(inner, "Ada");
    get(inner.commit());
    get(tx.rollback());
    EXPECT_TRUE(names(pool()).empty());
}

// -- After the commit --------------------------------------------------------

TEST_P(Conformance, after_commit_runs_in_order_at_the_outermost_commit)
{
    std::vector<int> heard;
    auto tx = get(pool().begin());
    tx.after_commit([&] { heard.push_back(1); });
    auto inner = get(tx.begin());
    inner.after_commit([&] { heard.push_back(2); });
    get(inner.commit());
    tx.after_commit([&] { heard.push_back(3); });
    EXPECT_TRUE(heard.empty());
    get(tx.commit());
    EXPECT_EQ(heard, (std::vector<int>{1, 2, 3}));
}

TEST_P(Conformance, after_commit_is_dropped_with_what_is_rolled_back)
{
    std::vector<int> heard;
    auto tx = get(pool().begin());
    auto inner = get(tx.begin());
    inner.after_commit([&] { heard.push_back(1); });
    get(inner.rollback());
    tx.after_commit([&] { heard.push_back(2); });
    get(tx.commit());
    {
        auto dropped = get(pool().begin());
        dropped.after_commit([&] { heard.push_back(3); });
    }
    auto failed = get(pool().begin());
    failed.after_commit([&] { heard.push_back(4); });
    failure_of<Error>(failed.execute("INSERT INTO people (id) VALUES ($1)", new_uuid()));
    get(failed.rollback());
    EXPECT_EQ(heard, (std::vector<int>{2}));
}

TEST_P(Conformance, after_commit_outside_a_transaction_runs_at_once)
{
    int heard = 0;
    pool().after_commit([&] { ++heard; });
    EXPECT_EQ(heard, 1);
}

INSTANTIATE_TEST_SUITE_P(On, Conformance, ::testing::ValuesIn(all_roads), road_name);
INSTANTIATE_TEST_SUITE_P(On, ConformanceOfMany, ::testing::ValuesIn(roads_of_many), road_name);

} // namespace
} // namespace trunkline::db::testing
