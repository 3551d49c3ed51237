// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/copy.hpp>
#include <trunkline/db/error.hpp>
#include <trunkline/db/query.hpp>
#include <trunkline/db/result.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <ranges>
#include <tuple>

namespace trunkline::db {

namespace asio = boost::asio;

class Grouped;
class Transaction;
class With;
class Within;

enum class Isolation { read_committed, repeatable_read, serializable };

struct TransactionOptions {
    /// PostgreSQL's isolation, or the pool's own when none is asked for; SQLite is always serializable.
    std::optional<Isolation> isolation{};
    /// A snapshot to read from: on SQLite it does not wait for the writer.
    bool read_only = false;
    /// How its statements go, those of its savepoints included, unless another `with` is nearer to them.
    std::optional<StatementOptions> statements{};
};

/// What can run statements: a Pool, a Connection, a Transaction. Every function that needs the database takes a
/// `db::Executor&` as its first argument and so joins the caller's transaction, or runs on the pool.
///
/// The helpers encode their arguments at once; what they return owns everything but the executor, which has to
/// outlive the call. Cardinality is in the name. Failures are an Error (error.hpp).
///
/// Threads: one caller at a time for a Connection or Transaction. A call may be awaited on any of Asio's executors; it
/// is cheapest on the pool's own, where nothing has to change threads (see Pool).
class Executor {
public:
    virtual ~Executor() = default;

    /// Runs a statement and answers how many rows it changed.
    template <class... Args>
    asio::awaitable<std::uint64_t> execute(Sql<std::type_identity_t<Args>...> sql, const Args&... args);
    asio::awaitable<std::uint64_t> execute(Statement statement);

    /// Runs the text once for each tuple of `rows`, as one unit; answers how many rows changed in all.
    template <class... Fields>
    asio::awaitable<std::uint64_t> execute_many(Sql<std::type_identity_t<Fields>...> sql,
                                                const std::vector<std::tuple<Fields...>>& rows);

    /// Adds `rows`, a range of tuples, to a table, and answers how many: the fastest way in.
    ///
    ///     co_await db.copy_in("items", {"id", "name"}, rows);
    ///
    /// COPY on PostgreSQL, elsewhere an INSERT for each row as in `execute_many`; one unit everywhere: all of them or none,
    /// and inside a transaction a savepoint, so that the transaction goes on after a failure. The error's `index()` is the
    /// row's, as far as the server says it. Names are quoted (so case counts); a dot in `table` stands between schema and table.
    template <std::ranges::input_range Rows>
    asio::awaitable<std::uint64_t> copy_in(std::string_view table, Columns columns, Rows&& rows,
                                           std::source_location place = std::source_location::current());
    /// The same for described structs, whose fields are the columns.
    template <std::ranges::input_range Rows>
        requires DescribedStruct<std::ranges::range_value_t<Rows>>
    asio::awaitable<std::uint64_t> copy_in(std::string_view table, Rows&& rows,
                                           std::source_location place = std::source_location::current());

    /// All rows. A T that is a described struct is filled by column name, any other T is the only column.
    template <class T, class... Args>
    asio::awaitable<std::vector<T>> fetch(Sql<std::type_identity_t<Args>...> sql, const Args&... args);
    template <class T>
    asio::awaitable<std::vector<T>> fetch(Statement statement);

    /// Exactly one row: otherwise NoRows or TooManyRows.
    template <class T, class... Args>
    asio::awaitable<T> fetch_one(Sql<std::type_identity_t<Args>...> sql, const Args&... args);

    /// No row or one: otherwise TooManyRows.
    template <class T, class... Args>
    asio::awaitable<std::optional<T>> fetch_optional(Sql<std::type_identity_t<Args>...> sql, const Args&... args);

    /// One row with one column: otherwise NoRows, TooManyRows, DecodeError.
    template <class T, class... Args>
    asio::awaitable<T> fetch_value(Sql<std::type_identity_t<Args>...> sql, const Args&... args);

    /// The rows as they are, for callers that do not know the columns beforehand.
    template <class... Args>
    asio::awaitable<Result> query(Sql<std::type_identity_t<Args>...> sql, const Args&... args);
    asio::awaitable<Result> query(Statement statement);

    /// Runs the members as one unit and answers their results by index. On failure every member is undone and the
    /// error's `index()` names the one that failed. Inside a transaction the unit is a savepoint.
    asio::awaitable<std::vector<Result>> run(Batch batch);

    /// Begins a transaction, or a savepoint when this already is one. Rolled back unless committed.
    asio::awaitable<Transaction> begin(TransactionOptions options = {},
                                       std::source_location place = std::source_location::current());

    /// Calls `posted` after the work of this executor is committed: at once on a pool or a connection (so call it
    /// after the last write), after the outermost commit in a transaction, never after a rollback.
    /// `posted` must neither throw nor block: it posts.
    void after_commit(std::function<void()> posted) { do_after_commit(std::move(posted)); }

    /// A view of this executor whose calls may take at most `limit`, from the moment they are awaited and with the
    /// wait for a connection included; on `begin()` it bounds acquire and BEGIN. Use it within one expression.
    Within within(std::chrono::nanoseconds limit);

    /// A view of this executor whose statements go as `options` say, those of transactions begun on it included.
    /// The view has to outlive its calls; what it looks at has to outlive the view.
    With with(StatementOptions options) noexcept;

    Engine engine() const noexcept { return do_engine(); }

protected:
    template <class... Args>
    static Query encode(const Sql<std::type_identity_t<Args>...>& sql, const Args&... args);

private:
    friend class Grouped;
    friend class With;
    friend class Within;
    virtual asio::awaitable<std::vector<Result>> do_run(Query query) = 0;
    virtual asio::awaitable<Transaction>
    do_begin(TransactionOptions options, std::optional<std::chrono::nanoseconds> limit, std::source_location place) = 0;
    virtual void do_after_commit(std::function<void()> posted) = 0;
    virtual Engine do_engine() const noexcept = 0;

    asio::awaitable<std::uint64_t> run_affected(Query query);
    asio::awaitable<std::uint64_t> run_copy(CopyIn copy);
    asio::awaitable<Result> run_one(Query query);
    template <class T>
    asio::awaitable<std::vector<T>> run_all(Query query);
    template <class T>
    asio::awaitable<std::optional<T>> run_optional(Query query);
    template <class T>
    asio::awaitable<T> run_required(Query query);
};

/// An executor with less patience: see `Executor::within`.
class Within final : public Executor {
public:
    Within(Executor& inner, std::chrono::nanoseconds limit) : inner_(&inner), limit_(limit) {}

private:
    asio::awaitable<std::vector<Result>> do_run(Query query) override;
    asio::awaitable<Transaction> do_begin(TransactionOptions options, std::optional<std::chrono::nanoseconds> limit,
                                          std::source_location place) override;
    void do_after_commit(std::function<void()> posted) override { inner_->do_after_commit(std::move(posted)); }
    Engine do_engine() const noexcept override { return inner_->do_engine(); }

    Executor* inner_;
    std::chrono::nanoseconds limit_;
};

/// An executor with a manner of its own: see `Executor::with`.
class With final : public Executor {
public:
    With(Executor& inner, StatementOptions options) noexcept : inner_(&inner), options_(options) {}

private:
    asio::awaitable<std::vector<Result>> do_run(Query query) override;
    asio::awaitable<Transaction> do_begin(TransactionOptions options, std::optional<std::chrono::nanoseconds> limit,
                                          std::source_location place) override;
    void do_after_commit(std::function<void()> posted) override { inner_->do_after_commit(std::move(posted)); }
    Engine do_engine() const noexcept override { return inner_->do_engine(); }

    Executor* inner_;
    StatementOptions options_;
};

// -- Implementation ----------------------------------------------------------

namespace detail {
/// Throws NoRows or TooManyRows for a statement at `place`.
[[noreturn]] void wrong_cardinality(std::size_t rows, const SqlText& statement, Engine engine);
} // namespace detail

template <class... Args>
Query Executor::encode(const Sql<std::type_identity_t<Args>...>& sql, const Args&... args)
{
    std::vector<Value> parameters;
    parameters.reserve(sizeof...(Args));
    (parameters.push_back(to_value(args)), ...);
    return Query(Statement(sql.text(), std::move(parameters)));
}

template <class... Args>
asio::awaitable<std::uint64_t> Executor::execute(Sql<std::type_identity_t<Args>...> sql, const Args&... args)
{
    return run_affected(encode<Args...>(sql, args...));
}

template <class... Fields>
asio::awaitable<std::uint64_t> Executor::execute_many(Sql<std::type_identity_t<Fields>...> sql,
                                                      const std::vector<std::tuple<Fields...>>& rows)
{
    const SqlText text = sql.text();
    std::vector<Statement> unit;
    unit.reserve(rows.size());
    for (const auto& row : rows) {
        std::vector<Value> parameters;
        std::apply([&](const auto&... field) { (parameters.push_back(to_value(field)), ...); }, row);
        unit.emplace_back(text, std::move(parameters));
    }
    return run_affected(Query(std::move(unit)));
}

template <std::ranges::input_range Rows>
asio::awaitable<std::uint64_t> Executor::copy_in(std::string_view table, Columns columns, Rows&& rows,
                                                 std::source_location place)
{
    CopyIn copy(table, std::move(columns), place);
    for (const auto& row : rows) copy.add(row);
    return run_copy(std::move(copy));
}

template <std::ranges::input_range Rows>
    requires DescribedStruct<std::ranges::range_value_t<Rows>>
asio::awaitable<std::uint64_t> Executor::copy_in(std::string_view table, Rows&& rows, std::source_location place)
{
    return copy_in(table, columns_of<std::ranges::range_value_t<Rows>>(), std::forward<Rows>(rows), place);
}

template <class T, class... Args>
asio::awaitable<std::vector<T>> Executor::fetch(Sql<std::type_identity_t<Args>...> sql, const Args&... args)
{
    return run_all<T>(encode<Args...>(sql, args...));
}

template <class T>
asio::awaitable<std::vector<T>> Executor::fetch(Statement statement)
{
    return run_all<T>(Query(std::move(statement)));
}

template <class T, class... Args>
asio::awaitable<T> Executor::fetch_one(Sql<std::type_identity_t<Args>...> sql, const Args&... args)
{
    return run_required<T>(encode<Args...>(sql, args...));
}

template <class T, class... Args>
asio::awaitable<std::optional<T>> Executor::fetch_optional(Sql<std::type_identity_t<Args>...> sql, const Args&... args)
{
    return run_optional<T>(encode<Args...>(sql, args...));
}

template <class T, class... Args>
asio::awaitable<T> Executor::fetch_value(Sql<std::type_identity_t<Args>...> sql, const Args&... args)
{
    static_assert(!DescribedStruct<T>, "fetch_value reads one column: use fetch_one for a struct");
    return run_required<T>(encode<Args...>(sql, args...));
}

template <class... Args>
asio::awaitable<Result> Executor::query(Sql<std::type_identity_t<Args>...> sql, const Args&... args)
{
    return run_one(encode<Args...>(sql, args...));
}

template <class T>
asio::awaitable<std::vector<T>> Executor::run_all(Query query)
{
    std::vector<Result> results = co_await do_run(std::move(query));
    Result& result = results.at(0);
    std::vector<T> rows;
    rows.reserve(result.size());
    for (std::size_t row = 0; row < result.size(); ++row) rows.push_back(result.take<T>(row));
    co_return rows;
}

template <class T>
asio::awaitable<std::optional<T>> Executor::run_optional(Query query)
{
    const SqlText statement = query.statements().front().text();
    std::vector<Result> results = co_await do_run(std::move(query));
    Result& result = results.at(0);
    if (result.size() > 1) detail::wrong_cardinality(result.size(), statement, engine());
    if (result.empty()) co_return std::nullopt;
    co_return result.take<T>(0);
}

template <class T>
asio::awaitable<T> Executor::run_required(Query query)
{
    const SqlText statement = query.statements().front().text();
    std::vector<Result> results = co_await do_run(std::move(query));
    Result& result = results.at(0);
    if (result.size() != 1) detail::wrong_cardinality(result.size(), statement, engine());
    co_return result.take<T>(0);
}

inline With Executor::with(StatementOptions options) noexcept { return With(*this, options); }
inline Within Executor::within(std::chrono::nanoseconds limit) { return Within(*this, limit); }

} // namespace trunkline::db
