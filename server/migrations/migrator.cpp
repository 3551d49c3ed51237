// SPDX-License-Identifier: MIT
#include <migrations/migrator.hpp>

#include <base/crypto.hpp>
#include <base/utf8.hpp>
#include <trunkline/db/transaction.hpp>

#include <boost/describe/class.hpp>

namespace trunkline {

namespace {

struct Word {
    std::string_view word, postgresql, sqlite;
};
constexpr Word words[] = {
    {"{uuid}", "uuid", "BLOB"},
    {"{time}", "timestamptz", "INTEGER"},
    {"{json}", "jsonb", "TEXT"},
    {"{bytes}", "bytea", "BLOB"},
    {"{int}", "bigint", "INTEGER"},
    {"{bool}", "boolean", "INTEGER"},
    {"{real}", "double precision", "REAL"},
    {"{strict}", "", "STRICT"},
};

void replace_all(std::string& text, std::string_view from, std::string_view to)
{
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

/// The lines that `engine` reads: without comments, without the sections of the other engine.
std::string lines_for(std::string_view text, db::Engine engine)
{
    std::string kept;
    std::string_view only;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1);
        const std::string_view line = text.substr(0, end + 1);
        text.remove_prefix(end + 1);
        if (line.starts_with("-- only ")) only = trimmed(line.substr(8));
        else if (line.starts_with("-- end")) only = {};
        else if (!line.starts_with("--") && (only.empty() || only == db::to_string(engine))) kept += line;
    }
    return kept;
}

struct Applied {
    std::string name;
    std::string checksum;
};
BOOST_DESCRIBE_STRUCT(Applied, (), (name, checksum))

void refuse_differences(const std::vector<Applied>& applied, std::span<const Migration> steps)
{
    for (std::size_t i = 0; i < applied.size(); ++i) {
        if (i >= steps.size() || applied[i].name != steps[i].name)
            throw MigrationRefused(
                "the database has the migration '" + applied[i].name +
                "', which this program does not know: it was written by a newer version; start that version");
        if (applied[i].checksum != sha256_hex(steps[i].text))
            throw MigrationRefused("the migration '" + applied[i].name +
                                   "' was changed after it was applied to this database");
    }
}

asio::awaitable<void> apply(db::Executor& db, const Clock& clock, const Migration& step)
{
    for (auto& statement : statements_for(step, db.engine())) {
        const db::unsafe_sql text(std::move(statement)); // ours: generated from migrations/steps
        co_await db.execute(text);
    }
    co_await db.execute("INSERT INTO trunkline_migrations (name, checksum, applied_at) VALUES ($1, $2, $3)", step.name,
                        sha256_hex(step.text), clock.now());
}

} // namespace

std::vector<std::string> statements_for(const Migration& migration, db::Engine engine)
{
    std::string text = lines_for(migration.text, engine);
    for (const Word& word : words)
        replace_all(text, word.word, engine == db::Engine::sqlite ? word.sqlite : word.postgresql);
    std::vector<std::string> statements;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(";\n"), rest.size());
        const std::string_view one = trimmed(rest.substr(0, end));
        if (!one.empty()) statements.emplace_back(one);
        rest.remove_prefix(std::min(end + 2, rest.size()));
    }
    return statements;
}

asio::awaitable<std::size_t> migrate(db::Executor& db, const Clock& clock, std::span<const Migration> steps)
{
    // Each statement runs once: none is worth a name.
    auto tx = co_await db.begin({.statements = db::StatementOptions{.raw_sql = false}});
    // On SQLite the transaction itself is the lock: there is one writer.
    if (tx.engine() == db::Engine::postgresql)
        co_await tx.query("SELECT pg_advisory_xact_lock(hashtext('trunkline_migrations')::bigint)");
    co_await tx.execute(db::by_engine{
        .postgresql = "CREATE TABLE IF NOT EXISTS trunkline_migrations"
                      " (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL)",
        .sqlite = "CREATE TABLE IF NOT EXISTS trunkline_migrations"
                  " (name TEXT PRIMARY KEY, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"});
    const auto applied = co_await tx.fetch<Applied>("SELECT name, checksum FROM trunkline_migrations ORDER BY name");
    refuse_differences(applied, steps);
    for (const Migration& step : steps.subspan(applied.size())) co_await apply(tx, clock, step);
    co_await tx.commit();
    co_return steps.size() - applied.size();
}

} // namespace trunkline
