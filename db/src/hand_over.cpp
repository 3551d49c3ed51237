// SPDX-License-Identifier: MIT
#include "hand_over.hpp"

#include <boost/asio/post.hpp>

namespace trunkline::db::detail {

namespace {

thread_local HandOver* innermost = nullptr;

void wake_in_turn(SleeperPtr sleeper, const asio::any_io_executor& executor)
{
    asio::post(executor, [sleeper = std::move(sleeper), executor] { sleeper->wake(executor); });
}

} // namespace

HandOver::HandOver(const asio::any_io_executor& here) noexcept : here_(here), outer_(std::exchange(innermost, this)) {}

HandOver::~HandOver()
{
    leave();
    for (auto& sleeper : sleepers_)
        if (sleeper) wake_in_turn(std::move(sleeper), here_);
}

void HandOver::leave() noexcept
{
    if (innermost == this) innermost = outer_;
}

void HandOver::finish()
{
    leave();
    for (auto& sleeper : sleepers_) SleeperPtr(std::move(sleeper))->wake(here_);
}

void HandOver::wake(SleeperPtr sleeper, const asio::any_io_executor& executor)
{
    if (innermost && innermost->here_ == executor) innermost->sleepers_.push_back(std::move(sleeper));
    else wake_in_turn(std::move(sleeper), executor);
}

} // namespace trunkline::db::detail
