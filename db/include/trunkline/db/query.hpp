// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/sql.hpp>
#include <trunkline/db/value.hpp>

#include <chrono>
#include <optional>
#include <vector>

namespace trunkline::db {

/// One statement with its parameters.
class Statement {
public:
    Statement(SqlText text, std::vector<Value> parameters) : text_(std::move(text)), parameters_(std::move(parameters))
    {}

    const SqlText& text() const noexcept { return text_; }
    const std::vector<Value>& parameters() const noexcept { return parameters_; }

private:
    SqlText text_;
    std::vector<Value> parameters_;
};

/// How the statements of a call go to the server, where that is to differ from the pool's own options: see
/// `Executor::with`. It can make a call more careful than its pool and never less: behind a pooler nothing is named,
/// whatever is asked for here. The defaults are what a transaction pooler needs.
///
/// On SQLite it means nothing and does no harm: its statements have no names that a stranger could meet.
struct StatementOptions {
    /// A single statement without parameters goes as text, by the simple protocol; otherwise by the extended one.
    bool raw_sql = true;
    /// Statements have no names, so each is parsed anew and nothing of it is left behind.
    bool no_prepare = true;
    /// A statement that has no name yet gets one only while its connection keeps fewer than this; 0 names nothing.
    std::size_t statement_cache_size = 0;

    /// How many named statements the call bears with on its connection.
    std::size_t names_max() const noexcept { return no_prepare ? 0 : statement_cache_size; }
    friend bool operator==(const StatementOptions&, const StatementOptions&) = default;
};

/// Rows that follow a statement: their cells one after another, each row as wide as `columns`.
struct CopyRows {
    std::string table; ///< its name without a schema
    std::size_t columns;
    std::vector<Value> cells;
};

/// What an executor runs: a single statement, several as one unit that happens wholly or not at all, or a statement
/// with the rows that it copies in, which is a unit too.
/// It owns everything it refers to, so it may outlive the call that made it.
class Query {
public:
    explicit Query(Statement statement) { statements_.push_back(std::move(statement)); }
    /// A unit: all statements happen or none does, however few they are.
    explicit Query(std::vector<Statement> unit) : statements_(std::move(unit)), unit_(true) {}
    /// `COPY … FROM STDIN` and its rows. REQUIRES: PostgreSQL.
    Query(Statement copy, std::shared_ptr<const CopyRows> rows) : rows_(std::move(rows)), unit_(true)
    {
        statements_.push_back(std::move(copy));
    }

    const std::vector<Statement>& statements() const noexcept { return statements_; }
    bool is_unit() const noexcept { return unit_; }
    /// The rows to copy in; nullptr for everything else.
    const CopyRows* rows() const noexcept { return rows_.get(); }
    /// Where in the program the (first) statement was written.
    std::source_location place() const noexcept;

    /// How long the call may take from the moment it is awaited, waiting for a connection included.
    std::optional<std::chrono::nanoseconds> limit() const noexcept { return limit_; }
    /// Sets `limit()`, unless a shorter one is set already.
    void narrow(std::chrono::nanoseconds limit) noexcept;

    /// Whether its caller said that it may share its fate with strangers: see grouped.hpp.
    bool grouped() const noexcept { return grouped_; }
    void group() noexcept { grouped_ = true; }

    /// Whether PostgreSQL is told to let it write nothing, in the same trip; elsewhere it means nothing.
    /// REQUIRES: a single statement.
    bool reads_only() const noexcept { return reads_only_; }
    void forbid_writes() noexcept { reads_only_ = true; }

    /// How the statements go, when that was said for this call.
    const std::optional<StatementOptions>& options() const noexcept { return options_; }
    /// Sets `options()`, unless they are set already: who is nearer to the call decides.
    void prefer(StatementOptions options) noexcept;

private:
    std::vector<Statement> statements_;
    std::shared_ptr<const CopyRows> rows_;
    std::optional<std::chrono::nanoseconds> limit_;
    std::optional<StatementOptions> options_;
    bool unit_ = false;
    bool grouped_ = false;
    bool reads_only_ = false;
};

/// Statements that are known beforehand, sent as one unit: all happen or none.
///
///     db::Batch batch;
///     batch.add("INSERT INTO messages (id, text) VALUES ($1, $2)", id, text);
///     batch.add("INSERT INTO outbox (id, topic) VALUES ($1, $2)", db::new_uuid(), "mirror");
///     auto results = co_await pool.run(std::move(batch));
///
/// A later member cannot use an earlier one's RETURNING: say it in SQL (INSERT … SELECT last_seq FROM …).
class Batch {
public:
    Batch() = default;

    template <class... Args>
    void add(Sql<std::type_identity_t<Args>...> sql, const Args&... args)
    {
        std::vector<Value> parameters;
        parameters.reserve(sizeof...(Args));
        (parameters.push_back(to_value(args)), ...);
        statements_.emplace_back(sql.text(), std::move(parameters));
    }
    /// Adds what a SqlBuilder made.
    void add(Statement statement) { statements_.push_back(std::move(statement)); }

    std::size_t size() const noexcept { return statements_.size(); }
    bool empty() const noexcept { return statements_.empty(); }
    std::vector<Statement> take() && noexcept { return std::move(statements_); }

private:
    std::vector<Statement> statements_;
};

/// Builds a statement from checked pieces, for filters that are known only at run time. Each piece is a literal with
/// its own `$1…$n`; the builder renumbers them. Values can only be bound, never written into the text.
///
///     db::SqlBuilder sql("SELECT id, name FROM clients WHERE tenant_id = $1", tenant);
///     if (status) sql.add("AND status = $1", *status);
///     sql.add("ORDER BY name LIMIT $1", limit);
///     auto found = co_await db.fetch<Client>(std::move(sql).build());
class SqlBuilder {
public:
    explicit SqlBuilder(std::source_location place = std::source_location::current()) : place_(place) {}

    template <class... Args>
    explicit SqlBuilder(Sql<std::type_identity_t<Args>...> first, const Args&... args) : place_(first.text().place())
    {
        add<Args...>(first, args...);
    }

    /// Appends a piece, after a space.
    template <class... Args>
    SqlBuilder& add(Sql<std::type_identity_t<Args>...> piece, const Args&... args)
    {
        append(piece.text(), sizeof...(Args));
        (parameters_.push_back(to_value(args)), ...);
        return *this;
    }

    Statement build() &&;

private:
    void append(const SqlText& piece, std::size_t arguments);

    std::string postgresql_;
    std::string sqlite_;
    std::string mysql_;
    bool left_out_for_mysql_ = false; ///< by one of the pieces, and so by the whole
    std::vector<Value> parameters_;
    std::source_location place_;
};

} // namespace trunkline::db
