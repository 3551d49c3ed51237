// SPDX-License-Identifier: MIT
// Promise 10: what a borrower leaves in a session never reaches the next one, however it was smuggled in, and costs
// nothing where nothing was left.
#include <support/postgres_driver_fixture.hpp>

#include "postgres/clean_texts.hpp"
#include "postgres/session.hpp"

#include <trunkline/db/pool.hpp>
#include <trunkline/db/testing/fault_proxy.hpp>

#include <boost/asio/steady_timer.hpp>
#include <libpq-fe.h>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using postgres::CleanTexts;
using testing::FaultProxy;
using testing::From;

/// So often that whatever can be believed of a text is believed.
constexpr int laps = CleanTexts::uses_before_asking + 4;

constexpr auto plain = "SELECT name FROM plain_rows WHERE id = $1";

/// Everything that a session can hold, as one line; not the statements that we prepare.
constexpr auto look_around = R"(
SELECT concat_ws(' ', current_user, session_user, current_setting('search_path'), current_setting('work_mem'),
                 coalesce(nullif(current_setting('smuggled.value', true), ''), '-'),
                 (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
                 (SELECT count(*) FROM pg_listening_channels()),
                 (SELECT count(*) FROM pg_cursors WHERE is_holdable),
                 (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),
                 (SELECT count(*) FROM pg_prepared_statements WHERE from_sql))::text)";

class PostgresReset : public testing::PostgresDriverTest {
protected:
    PostgresReset()
    {
        static const bool once = (make_schema(), true);
        (void)once;
    }

    void make_schema()
    {
        server.sql(R"(
            CREATE TABLE plain_rows (id bigint PRIMARY KEY, name text NOT NULL, tags text[], at timestamptz);
            INSERT INTO plain_rows VALUES (1, 'one', '{}', now());
            CREATE SEQUENCE numbers;
            CREATE TABLE numbered (id bigint DEFAULT nextval('numbers'), name text);
            CREATE ROLE reader LOGIN;
            CREATE FUNCTION smuggle(bigint) RETURNS bigint LANGUAGE plpgsql AS
                'BEGIN PERFORM set_config(''smuggled.value'', ''x'', false); RETURN $1; END';
            CREATE FUNCTION smuggle_text(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
                'BEGIN PERFORM set_config(''smuggled.value'', ''x'', false); RETURN $1; END';
            CREATE FUNCTION smuggle_check(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
                'BEGIN PERFORM set_config(''smuggled.value'', ''x'', false); RETURN true; END';
            CREATE FUNCTION smuggle_of(plain_rows) RETURNS text LANGUAGE sql AS
                'SELECT set_config(''smuggled.value'', ''x'', false)';
            CREATE FUNCTION smuggle_lock() RETURNS void LANGUAGE plpgsql AS
                'BEGIN PERFORM pg_advisory_lock(4711); END';
            CREATE FUNCTION smuggle_temp() RETURNS void LANGUAGE plpgsql AS
                'BEGIN EXECUTE ''CREATE TEMP TABLE IF NOT EXISTS smuggled_rows (id int)''; END';
            CREATE FUNCTION smuggle_listen() RETURNS void LANGUAGE plpgsql AS
                'BEGIN EXECUTE ''LISTEN smuggled''; END';
            CREATE FUNCTION smuggle_cursor() RETURNS void LANGUAGE plpgsql AS
                'BEGIN EXECUTE ''DECLARE smuggled CURSOR WITH HOLD FOR SELECT 1''; END';
            CREATE FUNCTION smuggle_role() RETURNS void LANGUAGE plpgsql AS
                'BEGIN EXECUTE ''SET ROLE reader''; END';
            CREATE FUNCTION smuggle_trigger() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN PERFORM set_config(''smuggled.value'', ''x'', false); RETURN NEW; END';
            CREATE VIEW smuggling_view AS SELECT smuggle(id) AS id FROM plain_rows;
            CREATE TABLE triggering (id bigint);
            CREATE TRIGGER smuggle BEFORE INSERT ON triggering FOR EACH ROW EXECUTE FUNCTION smuggle_trigger();
            CREATE TABLE guarded (id bigint);
            INSERT INTO guarded VALUES (1);
            CREATE POLICY smuggle ON guarded USING (smuggle(id) = id);
            ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
            ALTER TABLE guarded FORCE ROW LEVEL SECURITY;
            CREATE DOMAIN smuggling_text AS text CHECK (smuggle_check(VALUE));
            CREATE TABLE typed (name smuggling_text);
            CREATE TABLE parent (id bigint);
            CREATE TABLE child () INHERITS (parent);
            CREATE TABLE indexed (name text);
            CREATE INDEX ON indexed (smuggle_text('constant'), name);
            CREATE FUNCTION smuggle_next(boolean, text) RETURNS boolean LANGUAGE sql AS 'SELECT smuggle_check($2)';
            CREATE AGGREGATE smuggle_all(text) (SFUNC = smuggle_next, STYPE = boolean, INITCOND = 'true');
            GRANT ALL ON ALL TABLES IN SCHEMA public TO reader)");
    }

    void lend(DriverConnection& connection, std::string_view text)
    {
        connection.lend();
        bench->run(connection, std::string(text));
        connection.mark_for_reset();
    }
    std::string seen_by_the_next(DriverConnection& connection)
    {
        connection.lend();
        auto seen = bench->value<std::string>(connection, look_around);
        connection.mark_for_reset();
        return seen;
    }
    std::string plain_name(DriverConnection& connection)
    {
        connection.lend();
        auto name = bench->value<std::string>(connection, plain, std::int64_t{1});
        connection.mark_for_reset();
        return name;
    }
};

// -- Nothing is smuggled past it ---------------------------------------------

struct Smuggled {
    const char* how;
    const char* text;
};
void PrintTo(const Smuggled& smuggled, std::ostream* out) { *out << smuggled.text; }

class PostgresSmuggling : public PostgresReset, public ::testing::WithParamInterface<Smuggled> {};

constexpr Smuggled ways[] = {
    {"a_setting", "SET work_mem = '1MB'"},
    {"a_search_path", "SET search_path = pg_catalog"},
    {"a_setting_by_function", "SELECT set_config('smuggled.value', 'x', false)"},
    {"a_setting_in_a_function", "SELECT smuggle(1)"},
    {"a_setting_in_a_quoted_function", "SELECT \"smuggle\"(1)"},
    {"a_setting_in_a_function_of_a_row", "SELECT r.smuggle_of FROM plain_rows r"},
    {"a_setting_in_a_function_in_from", "SELECT * FROM smuggle(1)"},
    {"a_setting_in_an_aggregate", "SELECT smuggle_all(name) FROM plain_rows"},
    {"a_setting_in_a_view", "SELECT id FROM smuggling_view"},
    {"a_setting_in_a_trigger", "INSERT INTO triggering VALUES (1)"},
    {"a_setting_in_a_policy", "SET ROLE reader\nSELECT id FROM guarded"},
    {"a_setting_in_a_domain", "SELECT 'x'::smuggling_text"},
    {"a_setting_in_a_domain_of_another_name", "SELECT CAST('x' AS \"smuggling_text\")"},
    {"a_setting_while_planning", "SELECT name FROM indexed WHERE name = 'x'"},
    {"a_setting_in_a_block", "DO 'BEGIN PERFORM set_config(''smuggled.value'', ''x'', false); END'"},
    {"a_setting_in_xml", "SELECT query_to_xml('SELECT smuggle(1)', true, true, '')"},
    {"a_setting_in_xml_of_a_view", "SELECT table_to_xml('smuggling_view', true, true, '')"},
    {"a_setting_in_explain", "EXPLAIN ANALYZE SELECT smuggle(1)"},
    {"a_lock", "SELECT pg_advisory_lock(4711)"},
    {"a_lock_in_a_function", "SELECT smuggle_lock()"},
    {"a_temporary_table", "CREATE TEMP TABLE smuggled_rows AS SELECT 1"},
    {"a_temporary_table_of_a_select", "SELECT 1 AS id INTO TEMP smuggled_rows"},
    {"a_temporary_table_in_a_function", "SELECT smuggle_temp()"},
    {"a_channel", "LISTEN smuggled"},
    {"a_channel_in_a_function", "SELECT smuggle_listen()"},
    {"a_cursor", "DECLARE smuggled CURSOR WITH HOLD FOR SELECT 1"},
    {"a_cursor_in_a_function", "SELECT smuggle_cursor()"},
    {"a_role", "SET ROLE reader"},
    {"a_role_in_a_function", "SELECT smuggle_role()"},
    {"a_user", "SET SESSION AUTHORIZATION reader"},
    {"a_statement", "PREPARE smuggled AS SELECT 1"},
};

INSTANTIATE_TEST_SUITE_P(Each, PostgresSmuggling, ::testing::ValuesIn(ways),
                         [](const auto& info) { return std::string(info.param.how); });

TEST_P(PostgresSmuggling, does_not_reach_the_next_borrower)
{
    const auto connection = connect();
    const std::string clean = seen_by_the_next(*connection);
    for (int lap = 0; lap < laps; ++lap) {
        connection->lend();
        std::string_view rest = GetParam().text;
        for (auto end = rest.find('\n'); !rest.empty(); end = rest.find('\n')) { // one statement a line
            bench->run(*connection, std::string(rest.substr(0, end)));
            rest.remove_prefix(std::min(end, rest.size() - 1) + 1);
        }
        connection->mark_for_reset();
        ASSERT_EQ(seen_by_the_next(*connection), clean) << "lap " << lap;
    }
}

TEST_F(PostgresReset, what_a_policy_left_for_whom_it_binds_does_not_reach_the_next_borrower)
{
    bench = std::make_unique<testing::PostgresBench>(server.url("postgres", "reader"));
    const auto connection = connect();
    const std::string clean = seen_by_the_next(*connection);
    for (int lap = 0; lap < laps; ++lap) {
        lend(*connection, "SELECT id FROM guarded");
        ASSERT_EQ(seen_by_the_next(*connection), clean);
    }
}

TEST_F(PostgresReset, sequence_state_does_not_reach_the_next_borrower)
{
    const auto connection = connect();
    for (int lap = 0; lap < laps; ++lap) {
        lend(*connection, "INSERT INTO numbered (name) VALUES ('x')");
        connection->lend();
        ASSERT_EQ(failure(*connection, "SELECT lastval()").sqlstate, "55000");
        connection->mark_for_reset();
    }
}

TEST_F(PostgresReset, an_operator_of_the_user_is_found_out)
{
    server.create_database("operators");
    server.sql(
        "CREATE TABLE plain_rows (id bigint, name text);"
        "INSERT INTO plain_rows VALUES (1, 'one');"
        "CREATE FUNCTION smuggle(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM set_config(''smuggled.value'', ''x'', false); RETURN $1 OPERATOR(pg_catalog.=) $2; END';"
        "CREATE OPERATOR public.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = smuggle);"
        "ALTER DATABASE operators SET search_path = public, pg_catalog",
        "operators");
    bench = std::make_unique<testing::PostgresBench>(server.url("operators"));
    const auto connection = connect();
    for (int lap = 0; lap < laps; ++lap) {
        ASSERT_EQ(plain_name(*connection), "one");
        connection->lend();
        ASSERT_NE(bench->value<std::string>(*connection, "SELECT current_setting('smuggled.value', true) || ''"), "x");
        connection->mark_for_reset();
    }
}

TEST_F(PostgresReset, a_function_that_hides_one_of_the_server_is_found_out)
{
    server.sql("CREATE SCHEMA hidden;"
               "CREATE FUNCTION hidden.upper(text) RETURNS text LANGUAGE plpgsql AS"
               " 'BEGIN PERFORM set_config(''smuggled.value'', ''x'', false); RETURN $1; END'");
    const auto connection = connect();
    const std::string clean = seen_by_the_next(*connection);
    for (int lap = 0; lap < laps; ++lap) {
        connection->lend();
        bench->run(*connection, "SET search_path = hidden, pg_catalog, public");
        bench->run(*connection, "SELECT upper(name) FROM plain_rows");
        connection->mark_for_reset();
        lend(*connection, "SELECT upper(name) FROM plain_rows");
        ASSERT_EQ(seen_by_the_next(*connection), clean);
    }
    server.sql("DROP SCHEMA hidden CASCADE");
}

// -- Helpers and transactions ------------------------------------------------

/// A pool of one connection.
class PostgresResetOfHelpers : public PostgresReset {
protected:
    static Options one_connection(const std::string& url)
    {
        Options options = Options::parse(url);
        options.min_size = options.max_size = 1;
        return options;
    }
    std::string work_mem() { return bench->await(pool.fetch_value<std::string>("SELECT current_setting('work_mem')")); }
    asio::awaitable<void> set_in_transaction()
    {
        auto transaction = co_await pool.begin();
        co_await transaction.execute("SET work_mem = '1MB'");
        co_await transaction.commit();
    }
    asio::awaitable<std::string> last_number()
    {
        auto connection = co_await pool.acquire();
        std::string state;
        try {
            co_await connection.execute("SELECT lastval()");
        } catch (const Error& error) {
            state = error.sqlstate();
        }
        co_return state;
    }

    Pool pool{bench->io.get_executor(), one_connection(server.url())};
};

TEST_F(PostgresResetOfHelpers, what_the_servers_answer_or_the_text_shows_is_reset)
{
    const std::string clean = work_mem();
    bench->await(pool.execute("SET work_mem = '1MB'"));
    EXPECT_EQ(work_mem(), clean);
    bench->await(pool.execute("SELECT set_config('work_mem', '1MB', false)"));
    EXPECT_EQ(work_mem(), clean);
    bench->await(set_in_transaction());
    EXPECT_EQ(work_mem(), clean);
}

TEST_F(PostgresResetOfHelpers, a_borrower_finds_nothing_of_what_they_left_unseen)
{
    for (int lap = 0; lap < laps; ++lap) {
        bench->await(pool.execute("INSERT INTO numbered (name) VALUES ('x')"));
        ASSERT_EQ(bench->await(last_number()), "55000");
    }
}

// -- When the schema changes later -------------------------------------------

TEST_F(PostgresReset, what_this_process_changes_in_the_schema_is_noticed_at_once)
{
    server.sql("CREATE TABLE swapped AS SELECT 1::bigint AS id");
    const auto connection = connect();
    const auto admin = connect();
    const std::string clean = seen_by_the_next(*connection);
    for (int lap = 0; lap < laps; ++lap) lend(*connection, "SELECT id FROM swapped");
    bench->await(admin->begin({}, testing::in(20s)));
    bench->run(*admin, "ALTER TABLE swapped RENAME TO swapped_rows");
    bench->run(*admin, "CREATE VIEW swapped AS SELECT smuggle(id) AS id FROM swapped_rows");
    bench->await(admin->commit(testing::in(20s)));
    for (int lap = 0; lap < laps; ++lap) {
        lend(*connection, "SELECT id FROM swapped");
        ASSERT_EQ(seen_by_the_next(*connection), clean);
    }
}

TEST_F(PostgresReset, what_others_change_in_the_schema_is_noticed_soon_and_heals_what_was_left)
{
    server.sql("CREATE TABLE replaced AS SELECT 1::bigint AS id");
    const auto connection = connect();
    const std::string clean = seen_by_the_next(*connection);
    for (int lap = 0; lap < laps; ++lap) lend(*connection, "SELECT id FROM replaced");
    server.sql("ALTER TABLE replaced RENAME TO replaced_rows;"
               "CREATE VIEW replaced AS SELECT smuggle(id) AS id FROM replaced_rows");
    const auto limit = testing::in(20s);
    lend(*connection, "SELECT id FROM replaced"); // may be believed, for the last time in a second
    while (seen_by_the_next(*connection) != clean) ASSERT_LT(std::chrono::steady_clock::now(), limit);
    for (int lap = 0; lap < laps; ++lap) {
        lend(*connection, "SELECT id FROM replaced");
        if (seen_by_the_next(*connection) != clean) lap = 0; // the second is not over
        ASSERT_LT(std::chrono::steady_clock::now(), limit);
    }
}

// -- It costs nothing --------------------------------------------------------

/// Else each caller who is impatient at the wrong moment would cost a connection.
TEST_F(PostgresReset, a_deadline_that_passes_during_it_stops_what_comes_behind_it)
{
    const auto connection = connect();
    const std::string clean = seen_by_the_next(*connection);
    lend(*connection, "CREATE TEMP TABLE left_behind ()");
    const auto text = server.sql("SELECT format('BEGIN; LOCK TABLE %I.left_behind', nspname) FROM pg_class c"
                                 " JOIN pg_namespace n ON n.oid = relnamespace WHERE relname = 'left_behind'");
    const std::unique_ptr<PGconn, decltype(&PQfinish)> locker(PQconnectdb(server.socket_url().c_str()), &PQfinish);
    PQclear(PQexec(locker.get(), text.c_str()));
    asio::steady_timer release(bench->io, 60ms);
    release.async_wait([&](boost::system::error_code) { PQclear(PQexec(locker.get(), "COMMIT")); });

    connection->lend();
    EXPECT_EQ(failure_of(*connection, Query(testing::statement("SELECT pg_sleep(30)")), 20ms).sqlstate, "57014");
    EXPECT_EQ(connection->condition(), Condition::idle);
    EXPECT_EQ(seen_by_the_next(*connection), clean);
}

/// Through a proxy that counts.
class PostgresResetCost : public PostgresReset {
protected:
    std::size_t messages() const
    {
        std::size_t count = 0;
        for (const auto& said : proxy.said()) count += said.from == From::client;
        return count;
    }
    /// What a lease of one statement sends.
    template <class... Args>
    std::size_t sent(DriverConnection& connection, const std::string& text, const Args&... args)
    {
        proxy.forget();
        connection.lend();
        bench->run(connection, text, args...);
        connection.mark_for_reset();
        return messages();
    }
    /// The least that it sends once it is known. Now and then the server is asked again whether that is still true.
    template <class... Args>
    std::size_t least_sent(DriverConnection& connection, const std::string& text, const Args&... args)
    {
        std::size_t least = std::numeric_limits<std::size_t>::max();
        sent(connection, text, args...); // what it leaves is found by the next
        for (int lap = 0; lap < laps + 5; ++lap) least = std::min(least, sent(connection, text, args...));
        return least;
    }

    FaultProxy proxy{server.port()};
    std::unique_ptr<testing::PostgresBench> through = std::make_unique<testing::PostgresBench>(
        "postgresql://postgres@127.0.0.1:" + std::to_string(proxy.port()) + "/postgres");
};

constexpr std::size_t bind_describe_execute_sync = 4;

TEST_F(PostgresResetCost, of_a_lease_that_read_plain_rows_is_nothing)
{
    bench = std::move(through);
    const auto connection = connect();
    EXPECT_EQ(least_sent(*connection, plain, std::int64_t{1}), bind_describe_execute_sync);
    EXPECT_EQ(least_sent(*connection,
                         "SELECT upper(p.name), count(*) FROM plain_rows p JOIN plain_rows q ON q.id = p.id "
                         "WHERE p.name LIKE $1 AND p.at < now() GROUP BY 1 ORDER BY 2",
                         std::string("o%")),
              bind_describe_execute_sync);
    EXPECT_EQ(least_sent(*connection, "SELECT 1"), bind_describe_execute_sync);
}

TEST_F(PostgresResetCost, is_never_waited_for_without_end)
{
    bench = std::move(through);
    const auto connection = connect();
    lend(*connection, "SET work_mem = '1MB'");
    proxy.freeze();
    auto work = connection->run_beside(Query(testing::statement("SELECT 1")), testing::in(50ms));
    auto outcome = Outcome::not_sent;
    try {
        bench->await(std::move(work));
    } catch (const CommandTimeout& late) {
        outcome = late.outcome();
    }
    EXPECT_EQ(outcome, Outcome::unknown);
    EXPECT_EQ(connection->condition(), Condition::broken);
}

TEST_F(PostgresResetCost, of_a_lease_that_may_have_left_something_is_paid_in_the_same_trip)
{
    bench = std::move(through);
    const auto connection = connect();
    const std::size_t reset = postgres::reset_texts({}).size() * 4 + 1; // Parse, Bind, Describe, Execute; Sync
    EXPECT_GE(least_sent(*connection, "SELECT count(*) FROM smuggling_view"), reset + bind_describe_execute_sync);
}

} // namespace
} // namespace trunkline::db
