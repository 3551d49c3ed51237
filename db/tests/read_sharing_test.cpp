// SPDX-License-Identifier: MIT
// What `pool.read()` reads shares connections, on the primary and on a standby, and can write nothing there either.
#include <support/sharing_scene.hpp>

#include <trunkline/db/testing/fault_proxy.hpp>

namespace trunkline::db::testing {
namespace {

constexpr int readers = 100;

class ReadSharing : public SharingScene {
protected:
    ReadSharing()
    {
        server.sql("CREATE OR REPLACE FUNCTION smuggle() RETURNS bigint LANGUAGE sql AS"
                   " 'INSERT INTO shared_log VALUES (99) RETURNING id'");
        server.sql("CREATE OR REPLACE PROCEDURE smuggle_behind_a_commit() LANGUAGE plpgsql AS"
                   " 'BEGIN COMMIT; INSERT INTO shared_log VALUES (98); END'");
    }
    Executor& db() override { return pool->read(); }

    void expect_that_they_share()
    {
        learn();
        for (int i = 0; i < readers; ++i) go(expect_answer(0, i));
        until([&] { return pool->holders().size() == readers; });
        EXPECT_EQ(stats().size, 1u);
        EXPECT_EQ(stats().waiting, 0u);
        finish_all();
        EXPECT_EQ(failures(), 0u);
    }
    template <class T>
    std::string refusal_of(asio::awaitable<T> write)
    {
        try {
            get(std::move(write));
        } catch (const Error& error) {
            return error.sqlstate();
        }
        return "nothing";
    }
    /// `behind_a_commit` is how one is refused that ends its transaction first.
    void expect_that_nothing_is_written(const std::string& behind_a_commit)
    {
        for (int i = 0; i < 10; ++i) EXPECT_EQ(refusal_of(db().fetch_value<std::int64_t>("SELECT smuggle()")), "25006");
        EXPECT_EQ(refusal_of(db().fetch_value<std::int64_t>(
                      "SELECT CASE WHEN set_config('transaction_read_only', 'off', true) = 'off' THEN smuggle() END")),
                  "25001");
        EXPECT_EQ(refusal_of(db().execute("INSERT INTO shared_log VALUES (97)")), "25006");
        EXPECT_EQ(refusal_of(db().execute("CALL smuggle_behind_a_commit()")), behind_a_commit);
        EXPECT_EQ(refusal_of(db().execute("DO 'BEGIN COMMIT; INSERT INTO shared_log VALUES (96); END'")),
                  behind_a_commit);
        EXPECT_EQ(server.sql("SELECT count(*) FROM shared_log"), "0");
    }
};

class ReadSharingOnPrimary : public ReadSharing {};

TEST_F(ReadSharingOnPrimary, many_readers_are_on_the_way_on_one_connection)
{
    use(1);
    expect_that_they_share();
    EXPECT_EQ(pool->read_stats().on_replica, 0u);
}

TEST_F(ReadSharingOnPrimary, the_server_refuses_them_writes_and_the_connections_remain_as_they_were)
{
    use(1);
    learn();
    expect_that_nothing_is_written("2D000");
    EXPECT_EQ(get(pool->execute("INSERT INTO shared_log VALUES (1)")), 1u);
    EXPECT_EQ(pool->stats().opened, 1u) << "it was no sign that the server had turned read only";
}

TEST_F(ReadSharingOnPrimary, who_writes_and_who_reads_on_one_connection_are_told_apart)
{
    use(1);
    learn();
    const auto insert = [&](std::int64_t id) -> asio::awaitable<void> {
        EXPECT_EQ(co_await pool->execute("INSERT INTO shared_log VALUES ($1)", id), 1u);
    };
    for (std::int64_t id = 1; id <= 20; ++id) run(io, insert(id)); // it is learned, too
    for (std::int64_t id = 21; id <= 120; ++id) {
        go(insert(id));
        go(expect_answer(0, id));
    }
    finish_all();
    EXPECT_EQ(failures(), 0u);
    EXPECT_EQ(server.sql("SELECT count(*) FROM shared_log"), "120");
}

TEST_F(ReadSharingOnPrimary, who_has_a_connection_for_himself_writes_nothing_either)
{
    Options options = options_for(server.url(), 1);
    options.sharing = false;
    use(options);
    run_some();
    expect_that_nothing_is_written("2D000");
    EXPECT_EQ(get(pool->read().fetch_value<std::string>("SELECT current_setting('transaction_read_only')")), "on");
    EXPECT_EQ(get(pool->fetch_value<std::string>("SELECT current_setting('transaction_read_only')")), "off");
}

TEST_F(ReadSharingOnPrimary, one_trip_is_enough)
{
    FaultProxy proxy(server.port());
    for (const bool sharing : {true, false}) {
        Options options = options_for(
            "postgresql://postgres@127.0.0.1:" + std::to_string(proxy.port()) + "/postgres?gssencmode=disable", 1);
        options.sharing = sharing;
        use(options);
        run_some();
        proxy.forget();
        run_some();
        const auto is_sync = [](const FaultProxy::Said& said) { return said.from == From::client && said.type == 'S'; };
        EXPECT_EQ(std::ranges::count_if(proxy.said(), is_sync), 10) << "one for each of run_some";
    }
    pool.reset();
}

TEST_F(ReadSharingOnPrimary, a_plain_text_goes_as_text)
{
    use(1);
    auto plain = pool->read().with({.raw_sql = true});
    EXPECT_EQ(get(plain.fetch_value<std::int64_t>("SELECT 7::bigint")), 7);
    EXPECT_EQ(refusal_of(plain.fetch_value<std::int64_t>("SELECT smuggle()")), "25006");
}

TEST_F(ReadSharingOnPrimary, a_pool_that_goes_just_when_they_are_served_tells_them)
{
    use(1);
    const auto take_and_go = [&]() -> asio::awaitable<void> {
        co_await pool->execute("SELECT pg_sleep(0.02)");
        pool.reset();
    };
    const auto begin = [&]() -> asio::awaitable<void> { (void)co_await pool->read().begin(); };
    go(take_and_go());
    const Running& reader = go(expect_answer(0, 1));
    const Running& beginner = go(begin());
    finish_all();
    failure_of<PoolClosed>(reader);
    failure_of<PoolClosed>(beginner);
}

class ReadSharingOnStandby : public ReadSharing {
protected:
    ReadSharingOnStandby() : standby_(PostgresServer::standby_of(server))
    {
        Options options =
            options_for(server.url() + "?gssencmode=disable&replicas=127.0.0.1:" + std::to_string(standby_->port()), 1);
        options.replica_max_size = 1;
        use(options);
    }
    PoolStats stats() const override { return pool->read_stats().replicas; }

private:
    std::unique_ptr<PostgresServer> standby_;
};

TEST_F(ReadSharingOnStandby, many_readers_are_on_the_way_on_one_connection)
{
    expect_that_they_share();
    expect_that_nothing_is_written("25006");
    EXPECT_EQ(pool->read_stats().on_primary, 0u);
}

} // namespace
} // namespace trunkline::db::testing
