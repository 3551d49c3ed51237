// SPDX-License-Identifier: MIT
#include <trunkline/db/executor.hpp>

#include <trunkline/db/transaction.hpp>

#include <algorithm>

namespace trunkline::db {

void detail::wrong_cardinality(std::size_t rows, const SqlText& statement, Engine engine)
{
    ErrorInfo info;
    info.message = "expected one row, got " + (rows == 0 ? std::string("none") : std::to_string(rows));
    info.sqlstate = rows == 0 ? "02000" : "21000";
    info.outcome = Outcome::applied;
    info.statement = std::string(statement.on(engine));
    info.place = statement.place();
    if (rows == 0) throw NoRows(std::move(info));
    throw TooManyRows(std::move(info));
}

asio::awaitable<std::uint64_t> Executor::execute(Statement statement)
{
    return run_affected(Query(std::move(statement)));
}

asio::awaitable<Result> Executor::query(Statement statement) { return run_one(Query(std::move(statement))); }

asio::awaitable<std::vector<Result>> Executor::run(Batch batch)
{
    if (batch.empty()) co_return std::vector<Result>();
    co_return co_await do_run(Query(std::move(batch).take()));
}

asio::awaitable<Transaction> Executor::begin(TransactionOptions options, std::source_location place)
{
    return do_begin(options, std::nullopt, place);
}

asio::awaitable<std::uint64_t> Executor::run_affected(Query query)
{
    if (query.statements().empty()) co_return 0;
    const std::vector<Result> results = co_await do_run(std::move(query));
    std::uint64_t affected = 0;
    for (const Result& result : results) affected += result.affected();
    co_return affected;
}

asio::awaitable<std::uint64_t> Executor::run_copy(CopyIn copy)
{
    if (copy.empty()) co_return 0;
    co_return co_await run_affected(std::move(copy).query(engine()));
}

asio::awaitable<Result> Executor::run_one(Query query)
{
    std::vector<Result> results = co_await do_run(std::move(query));
    co_return std::move(results.at(0));
}

asio::awaitable<std::vector<Result>> Within::do_run(Query query)
{
    query.narrow(limit_);
    return inner_->do_run(std::move(query));
}

asio::awaitable<Transaction> Within::do_begin(TransactionOptions options, std::optional<std::chrono::nanoseconds> limit,
                                              std::source_location place)
{
    return inner_->do_begin(options, limit ? std::min(*limit, limit_) : limit_, place);
}

asio::awaitable<std::vector<Result>> With::do_run(Query query)
{
    query.prefer(options_);
    return inner_->do_run(std::move(query));
}

asio::awaitable<Transaction> With::do_begin(TransactionOptions options, std::optional<std::chrono::nanoseconds> limit,
                                            std::source_location place)
{
    if (!options.statements) options.statements = options_;
    return inner_->do_begin(options, limit, place);
}

} // namespace trunkline::db
