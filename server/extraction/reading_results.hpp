// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/auto_crm.hpp>

#include <deque>
#include <list>

namespace trunkline::extraction {

/// Where the worker tells what it made of a conversation, and where those who saved it wait for that. Nobody has to
/// wait, and who leaves changes nothing. The newest results are kept, so that one who comes a moment late finds his.
///
/// Threads: one.
class ReadingResults {
public:
    static constexpr std::size_t kept_max = 64;

    /// The conversation was read up to that message. Never waits.
    void tell(const Uuid& conversation, std::int64_t last_seq, CrmResult result);

    /// What reading the conversation up to `last_seq` or further gave; nothing when `longest` has passed on `clock`
    /// before it is known. Refuses (db::UsageError) in a task that holds a connection.
    asio::awaitable<std::optional<CrmResult>> wait(Clock& clock, Uuid conversation, std::int64_t last_seq,
                                                   std::chrono::microseconds longest);

    std::size_t waiting() const noexcept { return waiters_.size(); }

private:
    struct Told {
        Uuid conversation;
        std::int64_t last_seq = 0;
        CrmResult result;
    };
    struct Waiter;
    const Told* find(const Uuid& conversation, std::int64_t last_seq) const;
    static asio::awaitable<void> told(Waiter& waiter);

    std::deque<Told> kept_;
    std::list<Waiter*> waiters_;
};

} // namespace trunkline::extraction
