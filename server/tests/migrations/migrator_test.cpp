// SPDX-License-Identifier: MIT
#include "support/empty_database.hpp"

#include <migrations/migrator.hpp>
#include <support/postgres_server.hpp>
#include <trunkline/db/error.hpp>

#include <gtest/gtest.h>

namespace trunkline::testing {

namespace {

using namespace std::chrono_literals;
using Steps = std::vector<Migration>;
using Texts = std::vector<std::string>;

/// Two small steps, a third that fails in its middle, and that third as it should have been.
constexpr Migration first{"202601010001_first", "CREATE TABLE fruits (id {uuid} PRIMARY KEY) {strict};\n"};
constexpr Migration second{"202601010002_second", "CREATE TABLE trees (id {uuid} PRIMARY KEY) {strict};\n"};
constexpr Migration broken{"202601010003_third", "CREATE TABLE roots (id {uuid} PRIMARY KEY) {strict};\n"
                                                 "INSERT INTO nowhere (id) VALUES (1);\n"};
constexpr Migration third{"202601010003_third", "CREATE TABLE roots (id {uuid} PRIMARY KEY) {strict};\n"};

struct Migrator : ::testing::TestWithParam<db::Engine> {
    EmptyDatabase database{GetParam()};

    std::size_t migrate_to(const Steps& steps) { return database.run(migrate(database.pool(), database.clock, steps)); }
    /// Why it was refused, or nothing.
    std::string refusal_of(const Steps& steps)
    {
        try {
            (void)migrate_to(steps);
        } catch (const MigrationRefused& refused) {
            return refused.what();
        }
        return {};
    }
    Texts tables()
    {
        return database.texts(GetParam() == db::Engine::sqlite
                                  ? "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
                                  : "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
    }
    /// The steps that the database says it has, each with its time.
    Texts applied()
    {
        return database.texts("SELECT name || ' ' || checksum || ' ' || CAST(applied_at AS text)"
                              " FROM trunkline_migrations ORDER BY name");
    }
};

/// Everything a foreign application left in its tables.
Texts foreign_rows(EmptyDatabase& database)
{
    Texts rows;
    for (const std::string table : {"orders", "trunkline_notes", "users_old"})
        for (const std::string& row : database.texts(
                 "SELECT '" + table + " ' || id || ' ' || coalesce(note, 'null') FROM " + table + " ORDER BY id"))
            rows.push_back(row);
    return rows;
}

/// What the schema says of the foreign application's tables.
std::set<std::string> foreign_schema(EmptyDatabase& database)
{
    auto lines = schema_of(database);
    std::erase_if(lines, [](const std::string& line) {
        return !line.starts_with("orders") && !line.starts_with("trunkline_notes") && !line.starts_with("users_old");
    });
    return lines;
}

void make_foreign_tables(EmptyDatabase& database)
{
    for (const std::string table : {"orders", "trunkline_notes", "users_old"}) {
        database.execute("CREATE TABLE " + table + " (id INTEGER PRIMARY KEY, note TEXT UNIQUE)");
        database.execute("INSERT INTO " + table + " (id, note) VALUES (1, 'ours since 2019'), (2, NULL), (3, 'kept')");
    }
    database.execute("CREATE INDEX orders_by_note ON orders (note, id)");
}

/// Migrates and counts: `applied` grows by the steps, `ended` by one.
asio::awaitable<void> migrate_and_count(db::Pool& pool, Clock& clock, std::size_t& applied, std::size_t& ended)
{
    applied += co_await migrate(pool, clock);
    ++ended;
}

} // namespace

TEST_P(Migrator, the_second_time_nothing_is_applied)
{
    const std::size_t all = all_migrations().size();
    EXPECT_EQ(database.run(migrate(database.pool(), database.clock)), all);
    const auto schema = schema_of(database);
    const Texts done = applied();
    EXPECT_EQ(done.size(), all);
    database.clock.advance(24h);
    EXPECT_EQ(database.run(migrate(database.pool(), database.clock)), 0u);
    EXPECT_EQ(applied(), done);
    EXPECT_EQ(schema_of(database), schema);
}

TEST_P(Migrator, only_what_is_new_is_applied_and_the_clock_says_when)
{
    EXPECT_EQ(migrate_to({first}), 1u);
    const Texts done = applied();
    database.clock.advance(24h);
    EXPECT_EQ(migrate_to({first, second, third}), 2u);
    EXPECT_EQ(tables(), (Texts{"fruits", "roots", "trees", "trunkline_migrations"}));
    EXPECT_EQ(applied().front(), done.front());
    const auto times =
        database.run(database.pool().fetch<Time>("SELECT applied_at FROM trunkline_migrations ORDER BY name"));
    EXPECT_EQ(times, (std::vector<Time>{database.clock.now() - 24h, database.clock.now(), database.clock.now()}));
}

TEST_P(Migrator, a_step_that_was_changed_after_it_landed_is_refused)
{
    EXPECT_EQ(migrate_to({first, second}), 2u);
    const Texts done = applied();
    const Migration changed{first.name, "CREATE TABLE fruits (id {uuid} PRIMARY KEY, ripe {bool}) {strict};\n"};
    const std::string why = refusal_of({changed, second, third});
    EXPECT_NE(why.find("'202601010001_first' was changed"), std::string::npos) << why;
    EXPECT_EQ(applied(), done);
    EXPECT_EQ(tables(), (Texts{"fruits", "trees", "trunkline_migrations"}));
}

TEST_P(Migrator, a_database_of_a_newer_program_is_refused)
{
    EXPECT_EQ(migrate_to({first, second}), 2u);
    const Texts done = applied();
    const std::string why = refusal_of({first});
    EXPECT_NE(why.find("'202601010002_second'"), std::string::npos) << why;
    EXPECT_NE(why.find("newer"), std::string::npos) << why;
    EXPECT_NE(refusal_of({first, third}), ""); // another branch's
    EXPECT_EQ(applied(), done);
    EXPECT_EQ(tables(), (Texts{"fruits", "trees", "trunkline_migrations"}));
}

TEST_P(Migrator, a_step_that_fails_leaves_nothing_of_this_time_and_all_of_the_times_before)
{
    EXPECT_THROW(migrate_to({first, second, broken}), db::Error);
    EXPECT_EQ(tables(), Texts{});
    EXPECT_EQ(migrate_to({first}), 1u);
    const Texts done = applied();
    EXPECT_THROW(migrate_to({first, second, broken}), db::Error);
    EXPECT_EQ(tables(), (Texts{"fruits", "trunkline_migrations"}));
    EXPECT_EQ(applied(), done);
    EXPECT_EQ(migrate_to({first, second, third}), 2u); // mended before it landed anywhere
}

TEST_P(Migrator, programs_that_start_at_once_apply_each_step_once)
{
    constexpr std::size_t programs = 4;
    std::size_t applied_by_all = 0, ended = 0;
    auto all = [&]() -> asio::awaitable<void> {
        for (std::size_t i = 0; i < programs; ++i)
            asio::co_spawn(database.io,
                           migrate_and_count(database.another_pool(), database.clock, applied_by_all, ended),
                           [](std::exception_ptr failure) {
                               if (failure) std::rethrow_exception(failure);
                           });
        co_return;
    };
    database.run(all());
    const auto bound = std::chrono::steady_clock::now() + 20s;
    database.io.restart();
    while (ended < programs && database.io.run_one_until(bound) == 1) {}
    EXPECT_EQ(ended, programs);
    EXPECT_EQ(applied_by_all, all_migrations().size());
    EXPECT_EQ(applied().size(), all_migrations().size());
}

TEST_P(Migrator, what_belongs_to_others_stays_as_it_was)
{
    make_foreign_tables(database);
    const Texts rows = foreign_rows(database);
    const auto schema = foreign_schema(database);
    ASSERT_EQ(rows.size(), 9u);
    ASSERT_TRUE(schema.contains("orders index (note, id) named orders_by_note"));
    EXPECT_EQ(database.run(migrate(database.pool(), database.clock)), all_migrations().size());
    EXPECT_EQ(foreign_rows(database), rows);
    EXPECT_EQ(foreign_schema(database), schema);
}

TEST_P(Migrator, a_table_of_others_with_a_name_of_ours_is_an_error_and_stays_as_it_was)
{
    database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, note TEXT)");
    database.execute("INSERT INTO users (id, note) VALUES (1, 'theirs')");
    const auto schema = schema_of(database);
    EXPECT_THROW((void)database.run(migrate(database.pool(), database.clock)), db::Error);
    EXPECT_EQ(schema_of(database), schema); // nothing of ours either
    EXPECT_EQ(database.texts("SELECT note FROM users"), Texts{"theirs"});
}

TEST(MigratorInASchema, a_role_with_a_schema_of_its_own_leaves_the_others_alone)
{
    EmptyDatabase database{db::Engine::postgresql};
    make_foreign_tables(database);
    database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, note TEXT)");
    database.execute("CREATE ROLE trunkline LOGIN");
    database.execute("ALTER ROLE trunkline SET search_path = trunkline");
    database.execute("CREATE SCHEMA trunkline AUTHORIZATION trunkline");
    const auto theirs = schema_of(database);
    EmptyDatabase migrated{db::Engine::postgresql};
    (void)migrated.run(migrate(migrated.pool(), migrated.clock));

    db::Pool& ours = database.another_pool("trunkline");
    EXPECT_EQ(database.run(migrate(ours, database.clock)), all_migrations().size());
    EXPECT_EQ(schema_of(database), theirs);
    EXPECT_EQ(foreign_rows(database).size(), 9u);
    EXPECT_EQ(database.texts("SELECT tablename::text FROM pg_tables WHERE schemaname = 'trunkline' ORDER BY 1"),
              migrated.texts("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"));
}

TEST(Statements, each_engine_reads_its_own_words_and_sections)
{
    constexpr Migration step{"1", "-- What this is; for people.\n"
                                  "CREATE TABLE a (id {uuid}, at {time}, more {json}, raw {bytes}, n {int}, yes {bool},"
                                  " r {real}) {strict};\n"
                                  "-- only postgresql\n"
                                  "CREATE INDEX one ON a (id);\n"
                                  "CREATE INDEX two ON a (n);\n"
                                  "-- end\n"
                                  "-- only sqlite\n"
                                  "CREATE INDEX three ON a (n);\n"
                                  "-- end\n"
                                  "CREATE INDEX four\n    ON a (yes)"};
    EXPECT_EQ(statements_for(step, db::Engine::postgresql),
              (Texts{"CREATE TABLE a (id uuid, at timestamptz, more jsonb, raw bytea, n bigint, yes boolean,"
                     " r double precision)",
                     "CREATE INDEX one ON a (id)", "CREATE INDEX two ON a (n)", "CREATE INDEX four\n    ON a (yes)"}));
    EXPECT_EQ(statements_for(step, db::Engine::sqlite),
              (Texts{"CREATE TABLE a (id BLOB, at INTEGER, more TEXT, raw BLOB, n INTEGER, yes INTEGER, r REAL) STRICT",
                     "CREATE INDEX three ON a (n)", "CREATE INDEX four\n    ON a (yes)"}));
}

TEST(Steps, stand_in_their_order_and_no_name_comes_twice)
{
    const auto steps = all_migrations();
    ASSERT_FALSE(steps.empty());
    for (std::size_t i = 1; i < steps.size(); ++i) EXPECT_LT(steps[i - 1].name, steps[i].name);
}

TEST(MigratorOnPostgresql, leaves_none_of_its_statements_prepared_on_its_connection)
{
    EmptyDatabase database{db::Engine::postgresql};
    database.run(migrate(database.pool(), database.clock, Steps{first, second}));
    EXPECT_EQ(database.texts("SELECT statement FROM pg_prepared_statements WHERE statement NOT LIKE '%prepared%'"),
              Texts{});
}

INSTANTIATE_TEST_SUITE_P(OnEveryEngine, Migrator, ::testing::Values(db::Engine::sqlite, db::Engine::postgresql),
                         [](const auto& info) { return std::string(db::to_string(info.param)); });

} // namespace trunkline::testing
