// SPDX-License-Identifier: MIT
#include "support/empty_database.hpp"

#include <migrations/migrator.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace trunkline::testing {

namespace {

using Lines = std::vector<std::string>;

Lines without(const std::set<std::string>& all, const std::set<std::string>& these)
{
    Lines left;
    std::ranges::set_difference(all, these, std::back_inserter(left));
    return left;
}

/// The schemas that the same steps make on both engines.
struct Schemas {
    explicit Schemas(std::span<const Migration> steps = all_migrations())
    {
        (void)on_postgresql.run(migrate(on_postgresql.pool(), on_postgresql.clock, steps));
        (void)on_sqlite.run(migrate(on_sqlite.pool(), on_sqlite.clock, steps));
        postgresql = schema_of(on_postgresql);
        sqlite = schema_of(on_sqlite);
    }
    Lines only_postgresql() const { return without(postgresql, sqlite); }
    Lines only_sqlite() const { return without(sqlite, postgresql); }

    EmptyDatabase on_postgresql{db::Engine::postgresql};
    EmptyDatabase on_sqlite{db::Engine::sqlite};
    std::set<std::string> postgresql, sqlite;
};

} // namespace

TEST(Schema, is_the_same_on_both_engines)
{
    const Schemas made;
    // A difference that has to be is named here, line by line, with its reason. There is none.
    EXPECT_EQ(made.only_postgresql(), Lines{});
    EXPECT_EQ(made.only_sqlite(), Lines{});
}

TEST(Schema, is_read_as_it_is)
{
    const Schemas made;
    const auto has = [&](const char* line) { return made.postgresql.contains(line) && made.sqlite.contains(line); };
    EXPECT_TRUE(has("users.email TEXT not null"));
    EXPECT_TRUE(has("users.approved_by BLOB"));
    EXPECT_TRUE(has("users primary key (id)"));
    EXPECT_TRUE(has("users unique (email)"));
    EXPECT_TRUE(has("users checks 2 active admin customer disabled pending staff"));
    EXPECT_TRUE(has("idempotency primary key (tenant_id, actor, key)"));
    EXPECT_TRUE(has("messages unique (conversation_id, seq)"));
    EXPECT_TRUE(has("messages index (tenant_id, created_at) named messages_by_time"));
    EXPECT_TRUE(has("runs unique (conversation_id) where status = 'running' named runs_one_running"));
    EXPECT_TRUE(
        has("outbox index (topic, order_key, seq) where done_at is null and dead_at is null named outbox_order"));
    EXPECT_TRUE(has("interactions (conversation_id) references conversations (id) on delete set null"));
    EXPECT_TRUE(has("evidence.confidence REAL not null"));
}

TEST(Schema, a_difference_between_the_engines_would_be_seen)
{
    constexpr Migration steps[] = {{"202601010000_twins", R"(
CREATE TABLE parents (id {uuid} PRIMARY KEY, name TEXT NOT NULL, born {time}) {strict};
-- only postgresql
CREATE TABLE twins (id {uuid} PRIMARY KEY, parent {uuid} NOT NULL REFERENCES parents (id) ON DELETE CASCADE,
    name TEXT NOT NULL UNIQUE, age {int}, kind TEXT CHECK (kind IN ('a', 'b')));
CREATE INDEX twins_by_age ON twins (age) WHERE age IS NOT NULL;
-- end
-- only sqlite
CREATE TABLE twins (id {uuid} PRIMARY KEY, parent {uuid} NOT NULL REFERENCES parents (id),
    name TEXT, age {real}, kind TEXT CHECK (kind IN ('a', 'c')), extra TEXT) STRICT;
CREATE INDEX twins_by_age ON twins (age) WHERE age IS NULL;
CREATE TABLE triplets (id {uuid} PRIMARY KEY) STRICT;
-- end
)"}};
    const Schemas made(steps);
    EXPECT_EQ(made.only_postgresql(),
              (Lines{"twins (parent) references parents (id) on delete cascade", "twins checks 1 a b",
                     "twins index (age) where age is not null named twins_by_age", "twins unique (name)",
                     "twins.age INTEGER", "twins.name TEXT not null"}));
    EXPECT_EQ(made.only_sqlite(), (Lines{"triplets primary key (id)", "triplets.id BLOB not null",
                                         "twins (parent) references parents (id) on delete no action",
                                         "twins checks 1 a c", "twins index (age) where age is null named twins_by_age",
                                         "twins.age REAL", "twins.extra TEXT", "twins.name TEXT"}));
}

} // namespace trunkline::testing
