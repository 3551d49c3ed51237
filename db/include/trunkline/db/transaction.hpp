// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/cursor.hpp>
#include <trunkline/db/executor.hpp>

namespace trunkline::db {

namespace detail {
class Session; // src/pool/session.hpp: one lease of one connection, and the transactions open on it
}

/// A transaction, or a savepoint inside one. Rolled back unless committed; destroying it never blocks: the pool
/// rolls back afterwards, before the connection serves anybody else.
///
/// While a savepoint is open, its parent refuses statements (UsageError).
///
/// Threads: its calls may be awaited on any of Asio's executors, one at a time; what `after_commit` was given runs on
/// the pool's.
class [[nodiscard]] Transaction final : public Executor {
public:
    Transaction(Transaction&& other) noexcept = default;
    Transaction& operator=(Transaction&& other) noexcept;
    ~Transaction() override;

    /// Commits, or releases the savepoint. Afterwards the transaction refuses statements.
    ///
    /// Fails with the server's error when it refuses (outcome `rejected`), and with `ConnectionLost`, outcome
    /// `unknown`, when the connection broke before the answer. `after_commit` functions run only on success.
    asio::awaitable<void> commit();

    /// Rolls back now and waits for it. A failure is not reported: the connection is dropped, which also rolls back.
    asio::awaitable<void> rollback();

    /// A large result in batches: see Cursor. The statement has to be a SELECT (or VALUES).
    template <class T, class... Args>
    asio::awaitable<Cursor<T>> cursor(Sql<std::type_identity_t<Args>...> sql, const Args&... args)
    {
        return cursor_of<T>(encode<Args...>(sql, args...), CursorOptions());
    }
    template <class T, class... Args>
    asio::awaitable<Cursor<T>> cursor(CursorOptions options, Sql<std::type_identity_t<Args>...> sql,
                                      const Args&... args)
    {
        return cursor_of<T>(encode<Args...>(sql, args...), options);
    }
    template <class T>
    asio::awaitable<Cursor<T>> cursor(Statement statement, CursorOptions options = {})
    {
        return cursor_of<T>(Query(std::move(statement)), options);
    }

private:
    friend class detail::Session;
    friend class Connection;
    Transaction(std::shared_ptr<detail::Session> session, std::size_t level);

    asio::awaitable<std::vector<Result>> do_run(Query query) override;
    asio::awaitable<Transaction> do_begin(TransactionOptions options, std::optional<std::chrono::nanoseconds> limit,
                                          std::source_location place) override;
    void do_after_commit(std::function<void()> posted) override;
    Engine do_engine() const noexcept override;
    void abandon() noexcept;
    template <class T>
    asio::awaitable<Cursor<T>> cursor_of(Query query, CursorOptions options)
    {
        co_return Cursor<T>(co_await open_cursor(std::move(query), options));
    }
    asio::awaitable<std::shared_ptr<detail::OpenCursor>> open_cursor(Query query, CursorOptions options);

    std::shared_ptr<detail::Session> session_;
    std::size_t level_ = 0; // names it within its session
};

/// A connection of one's own, for session state. Gives itself back when it is destroyed, is reset before anybody
/// else uses it, and is bound to one physical connection: after a loss every call fails with ConnectionLost.
/// Behind a pooler it is a place in line, not a session: what must stay on one server connection needs `begin()`.
class [[nodiscard]] Connection final : public Executor {
public:
    Connection(Connection&& other) noexcept = default;
    Connection& operator=(Connection&& other) noexcept;
    ~Connection() override;

    /// A large result in batches: see Cursor. It has a read-only transaction of its own. The statement has to be a SELECT (or VALUES).
    template <class T, class... Args>
    asio::awaitable<Cursor<T>> cursor(Sql<std::type_identity_t<Args>...> sql, const Args&... args)
    {
        return cursor_of<T>(encode<Args...>(sql, args...), CursorOptions());
    }
    template <class T, class... Args>
    asio::awaitable<Cursor<T>> cursor(CursorOptions options, Sql<std::type_identity_t<Args>...> sql,
                                      const Args&... args)
    {
        return cursor_of<T>(encode<Args...>(sql, args...), options);
    }
    template <class T>
    asio::awaitable<Cursor<T>> cursor(Statement statement, CursorOptions options = {})
    {
        return cursor_of<T>(Query(std::move(statement)), options);
    }

private:
    friend class detail::Session;
    explicit Connection(std::shared_ptr<detail::Session> session);

    asio::awaitable<std::vector<Result>> do_run(Query query) override;
    asio::awaitable<Transaction> do_begin(TransactionOptions options, std::optional<std::chrono::nanoseconds> limit,
                                          std::source_location place) override;
    void do_after_commit(std::function<void()> posted) override;
    Engine do_engine() const noexcept override;
    template <class T>
    asio::awaitable<Cursor<T>> cursor_of(Query query, CursorOptions options)
    {
        co_return Cursor<T>(co_await open_cursor(std::move(query), options));
    }
    asio::awaitable<std::shared_ptr<detail::OpenCursor>> open_cursor(Query query, CursorOptions options);

    std::shared_ptr<detail::Session> session_;
};

} // namespace trunkline::db
