// SPDX-License-Identifier: MIT
#pragma once

#include <base/log.hpp>
#include <extraction/reading_results.hpp>
#include <leases/backoff.hpp>
#include <leases/bell.hpp>
#include <outbox/outbox.hpp>

#include <functional>

namespace trunkline::extraction {

/// The topic of conversations that are to be read for the CRM. The row's order_key is the conversation.
inline constexpr const char* extraction_topic = "extraction";

/// Reads conversations for the CRM once they have fallen quiet: claims the row of the outbox, reads the messages,
/// hands them to AutoCrm, and finishes the row. A conversation that grew meanwhile stays open and is read again. What
/// fails is tried again with growing waits, and given up after `attempts_max`; a conversation that was deleted is done.
///
/// No connection is held while a text is read. Threads: the I/O thread. Lifetime: what it is given outlives it.
class ExtractionWorker {
public:
    struct Options {
        std::int64_t rows_max = 10; ///< claimed at once, read one after another
        std::chrono::seconds lease{60};
        std::int64_t attempts_max = 10;
        std::chrono::milliseconds look_every{1'000}; ///< for work that nobody rang the bell for
        leases::Backoff backoff{};
        std::function<void(LogLevel, std::string_view)> log = [](LogLevel level, std::string_view text) {
            trunkline::log(level, "extraction", text);
        };
    };

    /// `bell` is rung after the commit of a row that is due at once; results are told to `results`.
    ExtractionWorker(AutoCrm& crm, leases::Bell& bell, ReadingResults& results);
    ExtractionWorker(AutoCrm& crm, leases::Bell& bell, ReadingResults& results, Options options);

    /// The worker. Ends when it is cancelled, or with what the database throws when rows cannot be claimed.
    asio::awaitable<void> run(db::Pool& pool, Clock& clock);

private:
    asio::awaitable<void> work(db::Pool& pool, Clock& clock, outbox::Claimed row);
    asio::awaitable<void> settle_failure(db::Pool& pool, Clock& clock, outbox::Claimed row, std::int64_t last_seq,
                                         CrmResult result);

    AutoCrm& crm_;
    leases::Bell& bell_;
    ReadingResults& results_;
    const Options options_;
};

} // namespace trunkline::extraction
