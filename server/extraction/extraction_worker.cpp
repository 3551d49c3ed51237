// SPDX-License-Identifier: MIT
#include <extraction/extraction_worker.hpp>

#include <extraction/stored_conversation.hpp>

#include <fmt/format.h>

namespace trunkline::extraction {

ExtractionWorker::ExtractionWorker(AutoCrm& crm, leases::Bell& bell, ReadingResults& results)
    : ExtractionWorker(crm, bell, results, Options())
{}

ExtractionWorker::ExtractionWorker(AutoCrm& crm, leases::Bell& bell, ReadingResults& results, Options options)
    : crm_(crm), bell_(bell), results_(results), options_(std::move(options))
{}

asio::awaitable<void> ExtractionWorker::run(db::Pool& pool, Clock& clock)
{
    for (;;) {
        auto claimed = co_await outbox::claim(pool, extraction_topic, clock.now(), options_.lease, options_.rows_max);
        const bool idle = claimed.empty();
        for (outbox::Claimed& row : claimed) co_await work(pool, clock, std::move(row));
        if (idle) co_await bell_.wait(clock, options_.look_every);
    }
}

asio::awaitable<void> ExtractionWorker::work(db::Pool& pool, Clock& clock, outbox::Claimed row)
{
    // Claimed more often than it was answered for: whoever worked on it did not live to say so.
    if (row.attempts > options_.attempts_max)
        co_return co_await outbox::bury(pool, row, clock.now(), "nobody who read it came to an end");
    auto stored = co_await stored_conversation(pool, row.order_key);
    if (!stored) {
        co_await outbox::finish(pool, row, clock.now());
        co_return;
    }
    auto result = co_await crm_.process_conversation(row.order_key, std::move(stored->messages), stored->customer,
                                                     stored->team_member, &pool);
    if (!result.success)
        co_return co_await settle_failure(pool, clock, std::move(row), stored->last_seq, std::move(result));
    co_await outbox::finish(pool, row, clock.now());
    results_.tell(row.order_key, stored->last_seq, std::move(result));
}

asio::awaitable<void> ExtractionWorker::settle_failure(db::Pool& pool, Clock& clock, outbox::Claimed row,
                                                       std::int64_t last_seq, CrmResult result)
{
    const std::string why = result.error.value_or("no reason was given");
    const bool last = row.attempts >= options_.attempts_max;
    const std::string what =
        fmt::format("conversation {} (attempt {}): {}", to_string(row.order_key), row.attempts, why);
    if (!last) {
        options_.log(LogLevel::warning, what + "; it is read again later");
        co_return co_await outbox::retry(pool, row, clock.now() + options_.backoff.after(row.attempts), why);
    }
    options_.log(LogLevel::error, what + "; it is given up");
    co_await outbox::bury(pool, row, clock.now(), why);
    results_.tell(row.order_key, last_seq, std::move(result));
}

} // namespace trunkline::extraction
