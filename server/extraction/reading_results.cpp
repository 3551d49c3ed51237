// SPDX-License-Identifier: MIT
#include <extraction/reading_results.hpp>

#include <base/task_group.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline::extraction {

/// Stands in the list while it waits, whatever ends the wait.
struct ReadingResults::Waiter {
    Waiter(std::list<Waiter*>& list, asio::any_io_executor executor, const Uuid& conversation, std::int64_t last_seq)
        : conversation(conversation),
          last_seq(last_seq),
          timer(std::move(executor), asio::steady_timer::time_point::max()),
          list(list),
          self(list.insert(list.end(), this))
    {}
    ~Waiter() { list.erase(self); }
    Waiter(const Waiter&) = delete;

    Uuid conversation;
    std::int64_t last_seq = 0;
    std::optional<CrmResult> result;
    asio::steady_timer timer; // never expires; cancelled when the result is there
    std::list<Waiter*>& list;
    std::list<Waiter*>::iterator self;
};

void ReadingResults::tell(const Uuid& conversation, std::int64_t last_seq, CrmResult result)
{
    for (Waiter* waiter : waiters_) {
        if (waiter->conversation != conversation || waiter->last_seq > last_seq) continue;
        waiter->result = result;
        waiter->timer.cancel();
    }
    kept_.push_back({conversation, last_seq, std::move(result)});
    if (kept_.size() > kept_max) kept_.pop_front();
}

const ReadingResults::Told* ReadingResults::find(const Uuid& conversation, std::int64_t last_seq) const
{
    const auto found = std::ranges::find_if(
        kept_, [&](const Told& told) { return told.conversation == conversation && told.last_seq >= last_seq; });
    return found == kept_.end() ? nullptr : &*found;
}

asio::awaitable<void> ReadingResults::told(Waiter& waiter)
{
    while (!waiter.result) {
        boost::system::error_code woken;
        co_await waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(woken);
    }
}

asio::awaitable<std::optional<CrmResult>> ReadingResults::wait(Clock& clock, Uuid conversation, std::int64_t last_seq,
                                                               std::chrono::microseconds longest)
{
    if (const Told* known = find(conversation, last_seq)) co_return known->result;
    Waiter waiter(waiters_, co_await asio::this_coro::executor, conversation, last_seq);
    co_await race(told(waiter), clock.sleep_for(longest));
    co_return waiter.result;
}

} // namespace trunkline::extraction
