// SPDX-License-Identifier: MIT
#include <support/conformance.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline::db::testing {
namespace {

class ConformanceOfCursor : public Conformance {
protected:
    void add_people(int many)
    {
        std::vector<std::tuple<Uuid, std::string, std::int64_t>> rows;
        for (int n = 1; n <= many; ++n) rows.emplace_back(new_uuid(), "person", n);
        get(pool().copy_in("people", {"id", "name", "age"}, rows));
    }
    /// The sizes of all batches that are left.
    template <class T>
    std::vector<std::size_t> sizes(Cursor<T>& cursor)
    {
        std::vector<std::size_t> sizes;
        while (auto batch = get(cursor.next())) sizes.push_back(batch->size());
        return sizes;
    }
    /// A cursor on everybody's age, three at a time.
    template <class Owner>
    Cursor<std::int64_t> ages(Owner& owner)
    {
        return get(owner.template cursor<std::int64_t>(by_three, "SELECT age FROM people ORDER BY age"));
    }
    static asio::awaitable<void> pass(std::chrono::milliseconds time)
    {
        asio::steady_timer timer(co_await asio::this_coro::executor, time);
        co_await timer.async_wait(asio::use_awaitable);
    }
    static constexpr CursorOptions by_three{.batch_size = 3};
    /// Its first row is long in coming.
    static constexpr by_engine forever{.postgresql = "SELECT 1::bigint FROM pg_sleep(60)",
                                       .sqlite = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
                                                 "SELECT n FROM c WHERE n < 0",
                                       .mysql = "SELECT sleep(60)"};
    /// The call that waits for the first row of `forever`: MySQL runs all of it when it is opened.
    asio::awaitable<void> wait_forever(Connection& connection, CursorOptions options = {})
    {
        if (is_mysql()) return drop(connection.cursor<std::int64_t>(options, forever));
        forever_.emplace(get(connection.cursor<std::int64_t>(options, forever)));
        return drop(forever_->next());
    }
    /// It keeps its connection, and the end of the pool would wait for that.
    void let_go() { forever_.reset(); }
    using Ages = std::vector<std::int64_t>;

private:
    std::optional<Cursor<std::int64_t>> forever_;
};

struct Aged {
    std::string name;
    std::int64_t age{};
};
BOOST_DESCRIBE_STRUCT(Aged, (), (name, age))

TEST_P(ConformanceOfCursor, rows_come_in_batches_of_the_stated_size_until_there_are_no_more)
{
    add_people(7);
    auto tx = get(pool().begin());
    auto cursor = ages(tx);
    EXPECT_EQ(get(cursor.next()), (Ages{1, 2, 3}));
    EXPECT_EQ(get(cursor.next()), (Ages{4, 5, 6}));
    EXPECT_EQ(get(cursor.next()), (Ages{7}));
    EXPECT_EQ(get(cursor.next()), std::nullopt);
    EXPECT_EQ(get(cursor.next()), std::nullopt) << "also when asked again";
    get(tx.commit());
}

TEST_P(ConformanceOfCursor, a_last_batch_that_is_full_is_followed_by_nothing)
{
    add_people(6);
    auto tx = get(pool().begin());
    auto cursor = ages(tx);
    EXPECT_EQ(sizes(cursor), (std::vector<std::size_t>{3, 3}));
    auto none = get(tx.cursor<std::int64_t>("SELECT age FROM people WHERE age > $1", 6));
    EXPECT_EQ(get(none.next()), std::nullopt);
}

TEST_P(ConformanceOfCursor, rows_become_structs_and_parameters_are_bound)
{
    add_people(5);
    auto tx = get(pool().begin());
    auto cursor = get(tx.cursor<Aged>("SELECT age, name FROM people WHERE age >= $1 AND name = $2 ORDER BY age",
                                      std::int64_t{4}, "person"));
    const auto batch = get(cursor.next()).value();
    ASSERT_EQ(batch.size(), 2u);
    EXPECT_EQ(batch[0].age, 4);
    EXPECT_EQ(batch[1].name, "person");
}

TEST_P(ConformanceOfCursor, a_statement_of_a_builder_can_be_read_too)
{
    add_people(4);
    auto tx = get(pool().begin());
    SqlBuilder sql("SELECT age FROM people WHERE age <> $1", 2);
    sql.add("ORDER BY age");
    auto cursor = get(tx.cursor<std::int64_t>(std::move(sql).build(), by_three));
    EXPECT_EQ(get(cursor.next()), (Ages{1, 3, 4}));
}

TEST_P(ConformanceOfCursor, between_two_batches_the_transaction_runs_other_statements_and_other_cursors)
{
    add_people(5);
    auto tx = get(pool().begin());
    auto one = ages(tx);
    auto other = ages(tx);
    EXPECT_EQ(get(one.next()), (Ages{1, 2, 3}));
    get(tx.execute("INSERT INTO notes (id, person_id) SELECT id, id FROM people WHERE age = $1", std::int64_t{2}));
    EXPECT_EQ(get(other.next()), (Ages{1, 2, 3}));
    EXPECT_EQ(get(one.next()), (Ages{4, 5}));
    EXPECT_EQ(get(other.next()), (Ages{4, 5}));
    get(tx.commit());
    EXPECT_EQ(get(pool().fetch_value<std::int64_t>("SELECT count(*) FROM notes")), 1);
}

// -- On a connection -----------------------------------------------------------

TEST_P(ConformanceOfCursor, a_connection_opens_a_transaction_for_it_that_ends_with_the_last_row)
{
    add_people(7);
    auto connection = get(pool().acquire());
    auto cursor = ages(connection);
    EXPECT_EQ(sizes(cursor), (std::vector<std::size_t>{3, 3, 1}));
    EXPECT_EQ(get(connection.execute("UPDATE people SET age = age + 1")), 7u);
}

TEST_P(ConformanceOfCursor, while_it_is_open_its_connection_takes_nothing_else)
{
    add_people(7);
    auto connection = get(pool().acquire());
    auto cursor = ages(connection);
    EXPECT_THROW(get(connection.execute("DELETE FROM people")), UsageError);
    EXPECT_EQ(get(cursor.next()).value().size(), 3u) << "and the cursor does not mind";
    get(cursor.close());
    EXPECT_EQ(get(connection.execute("DELETE FROM people")), 7u);
}

TEST_P(ConformanceOfCursor, its_own_transaction_cannot_write)
{
    auto connection = get(pool().acquire());
    try {
        auto cursor = get(
            connection.cursor<Uuid>("INSERT INTO people (id, name) VALUES ($1, $2) RETURNING id", new_uuid(), "Ada"));
        (void)get(cursor.next());
        FAIL() << "not refused";
    } catch (const Error& refused) {
        EXPECT_EQ(refused.outcome(), Outcome::rejected);
    }
    EXPECT_TRUE(names(connection).empty());
}

// -- Half read -----------------------------------------------------------------

TEST_P(ConformanceOfCursor, left_half_read_it_is_in_nobodys_way)
{
    add_people(7);
    auto connection = get(pool().acquire());
    {
        auto cursor = ages(connection);
        EXPECT_EQ(get(cursor.next()).value().size(), 3u);
    }
    EXPECT_EQ(get(connection.execute("UPDATE people SET age = age + 1")), 7u);
    auto tx = get(connection.begin());
    {
        auto cursor = ages(tx);
        EXPECT_EQ(get(cursor.next()).value().size(), 3u);
    }
    EXPECT_EQ(get(tx.execute("UPDATE people SET age = age - 1")), 7u);
    get(tx.commit());
    EXPECT_EQ(get(connection.fetch_value<std::int64_t>("SELECT min(age) FROM people")), 1);
}

TEST_P(ConformanceOfCursor, closed_half_read_it_answers_nothing_more)
{
    add_people(7);
    auto tx = get(pool().begin());
    auto cursor = ages(tx);
    EXPECT_EQ(get(cursor.next()).value().size(), 3u);
    get(cursor.close());
    get(cursor.close());
    EXPECT_THROW(get(cursor.next()), UsageError);
    get(tx.commit());
}

TEST_P(ConformanceOfCursor, after_the_end_of_its_transaction_it_says_so)
{
    add_people(7);
    auto tx = get(pool().begin());
    auto committed = ages(tx);
    get(tx.commit());
    EXPECT_THROW(get(committed.next()), UsageError);
    tx = get(pool().begin());
    auto undone = ages(tx);
    EXPECT_EQ(get(undone.next()).value().size(), 3u);
    get(tx.rollback());
    EXPECT_THROW(get(undone.next()), UsageError);
    EXPECT_EQ(get(pool().fetch_value<std::int64_t>("SELECT count(*) FROM people")), 7);
}

TEST_P(ConformanceOfCursor, it_may_outlive_everything_it_came_from)
{
    add_people(7);
    std::optional<Cursor<std::int64_t>> of_transaction, of_connection;
    {
        auto tx = get(pool().begin());
        of_transaction.emplace(ages(tx));
    }
    {
        auto connection = get(pool().acquire());
        of_connection.emplace(ages(connection));
    }
    EXPECT_THROW(get(of_transaction->next()), UsageError);
    EXPECT_EQ(get(of_connection->next()), (Ages{1, 2, 3})) << "it holds the connection as a transaction does";
    of_connection.reset();
    EXPECT_EQ(get(pool().execute("DELETE FROM people")), 7u);
}

TEST_P(ConformanceOfCursor, a_savepoint_takes_its_cursors_with_it)
{
    add_people(7);
    auto tx = get(pool().begin());
    auto outer = ages(tx);
    EXPECT_EQ(get(outer.next()), (Ages{1, 2, 3}));
    for (const bool commits : {true, false}) {
        auto savepoint = get(tx.begin());
        auto inner = ages(savepoint);
        EXPECT_EQ(get(inner.next()), (Ages{1, 2, 3}));
        EXPECT_THROW(get(outer.next()), UsageError) << "the savepoint comes first";
        if (commits) get(savepoint.commit());
        else get(savepoint.rollback());
        EXPECT_THROW(get(inner.next()), UsageError);
        EXPECT_EQ(get(outer.next()), commits ? Ages({4, 5, 6}) : Ages({7})) << "and then goes on";
    }
    get(tx.commit());
}

// -- Failing -------------------------------------------------------------------

TEST_P(ConformanceOfCursor, it_is_over_after_its_life_limit)
{
    add_people(7);
    auto tx = get(pool().begin());
    auto old = get(tx.cursor<std::int64_t>(CursorOptions{.life_limit = 1000ms}, "SELECT age FROM people"));
    get(pass(1000ms));
    const auto failure = failure_of<CommandTimeout>(old.next());
    EXPECT_NE(std::string_view(failure.what()).find("life limit of 1000 ms"), std::string_view::npos) << failure.what();
    EXPECT_EQ(failure.sqlstate(), "57014");
    EXPECT_THROW(get(old.next()), UsageError) << "and it stays over";
}

TEST_P(ConformanceOfCursor, a_value_that_does_not_fit_ends_it_and_nothing_else)
{
    add_people(3);
    auto tx = get(pool().begin());
    auto cursor = get(tx.cursor<std::int64_t>("SELECT name FROM people"));
    failure_of<DecodeError>(cursor.next());
    EXPECT_THROW(get(cursor.next()), UsageError);
    EXPECT_EQ(get(tx.fetch_value<std::int64_t>("SELECT count(*) FROM people")), 3);
}

TEST_P(ConformanceOfCursor, only_what_reads_can_be_read_in_batches)
{
    auto tx = get(pool().begin());
    const auto refused = failure_of<Error>(tx.cursor<std::int64_t>("DELETE FROM people"));
    EXPECT_EQ(refused.sqlstate(), "42601");
    EXPECT_EQ(refused.statement(), "DELETE FROM people");
    EXPECT_NE(std::string_view(refused.place().file_name()).find("conformance_cursor_test"), std::string_view::npos);
    get(tx.rollback());
    auto connection = get(pool().acquire());
    EXPECT_THROW((void)get(connection.cursor<int>(CursorOptions{.batch_size = 0}, "SELECT 1")), UsageError);
}

TEST_P(ConformanceOfCursor, a_batch_past_its_deadline_is_stopped)
{
    auto connection = get(pool().acquire());
    failure_of<CommandTimeout>(go(wait_forever(connection, {.life_limit = 1000ms})));
    EXPECT_TRUE(names(connection).empty()) << "the connection is whole";
    let_go();
}

TEST_P(ConformanceOfCursor, a_caller_who_gives_up_stops_it)
{
    auto connection = get(pool().acquire());
    Errand& errand = go(wait_forever(connection));
    io.restart();
    io.poll();
    cancel(errand);
    EXPECT_THROW(finish(errand), boost::system::system_error);
    EXPECT_TRUE(names(connection).empty()) << "the connection is whole";
    let_go();
}

INSTANTIATE_TEST_SUITE_P(On, ConformanceOfCursor, ::testing::ValuesIn(all_roads), road_name);

} // namespace
} // namespace trunkline::db::testing
