// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>

#include <memory>

namespace trunkline::db::detail {

namespace asio = boost::asio;

/// Somebody who waits for a completion handler to be called, whatever its type. Who destroys him undone lets go of what the
/// handler holds: a coroutine is destroyed then.
class Sleeper {
public:
    virtual ~Sleeper() = default;
    /// Once. `here` is what this runs on: whoever belongs there runs before this returns, anybody else in his turn.
    virtual void wake(const asio::any_io_executor& here) = 0;
};
using SleeperPtr = std::unique_ptr<Sleeper>;

template <class Handler>
SleeperPtr sleeper_for(Handler handler)
{
    class Typed final : public Sleeper {
    public:
        explicit Typed(Handler handler) : handler_(std::move(handler)) {}
        void wake(const asio::any_io_executor& here) override
        {
            const asio::any_io_executor executor = asio::get_associated_executor(handler_);
            if (executor == here) std::move(handler_)();
            else asio::dispatch(executor, std::move(handler_));
        }

    private:
        Handler handler_;
    };
    return std::make_unique<Typed>(std::move(handler));
}

} // namespace trunkline::db::detail
