// SPDX-License-Identifier: MIT
#include <app/housekeeping.hpp>

#include <accounts/sessions.hpp>
#include <http/idempotency.hpp>
#include <outbox/outbox.hpp>

namespace trunkline {

asio::awaitable<void> keep_house(db::Pool& pool, Clock& clock)
{
    for (;;) {
        const Time now = clock.now();
        co_await accounts::forget_ended_sessions(pool, now);
        co_await http::forget_expired(pool, now);
        co_await outbox::forget_delivered(pool, now);
        co_await clock.sleep_for(std::chrono::hours(1));
    }
}

} // namespace trunkline
