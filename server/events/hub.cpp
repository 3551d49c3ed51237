// SPDX-License-Identifier: MIT
#include <events/hub.hpp>

#include <trunkline/db/task.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>

namespace trunkline::events {

struct Subscription::Entry {
    News news;
    std::uint64_t number = 0; // 0: told to one listener only, not in the ring
    std::string id;

    std::size_t bytes() const noexcept { return news.name.size() + news.data.size() + id.size() + 16; }
};

struct Subscription::State {
    State(Hub& hub, Listener listener, asio::any_io_executor executor)
        : hub(&hub), listener(listener), woken(std::move(executor), asio::steady_timer::time_point::max())
    {}

    Hub* hub; // null once the hub is gone
    Listener listener;
    std::deque<std::shared_ptr<const Entry>> queue;
    std::size_t queued_bytes = 0;
    bool ended = false;
    asio::steady_timer woken; // never expires; cancelled when there is something to hear
};

Subscription::Subscription(Hub& hub, Listener listener, asio::any_io_executor executor)
    : state_(std::make_unique<State>(hub, listener, std::move(executor)))
{}

Subscription::~Subscription()
{
    if (state_->hub) state_->hub->subscriptions_.erase(this);
}

void Subscription::offer(const std::shared_ptr<const Entry>& entry)
{
    if (state_->ended) return;
    state_->queued_bytes += entry->bytes();
    state_->queue.push_back(entry);
    if (state_->queued_bytes > queue_bytes_max) {
        // Too slow: instead of its queue it gets one word to read everything again. It goes on from here.
        const auto sync = std::make_shared<Entry>(Entry{{"sync", R"({"reason":"slow"})", {}, {}, {}}, 0, entry->id});
        state_->queue.assign(1, sync);
        state_->queued_bytes = sync->bytes();
    }
    state_->woken.cancel();
}

void Subscription::end()
{
    state_->ended = true;
    state_->woken.cancel();
}

asio::awaitable<std::optional<Heard>> Subscription::next()
{
    db::refuse_while_holding(co_await asio::this_coro::executor, "an event");
    State& state = *state_;
    while (state.queue.empty() && !state.ended) {
        boost::system::error_code woken;
        co_await state.woken.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(woken);
    }
    if (state.queue.empty()) co_return std::nullopt;
    const auto entry = std::move(state.queue.front());
    state.queue.pop_front();
    state.queued_bytes -= entry->bytes();
    co_return Heard{entry->news.name, entry->news.data, entry->id};
}

Hub::Hub(asio::any_io_executor executor)
    : executor_(std::move(executor)), boot_(db::to_string(db::new_uuid()).substr(0, 13))
{}

Hub::~Hub()
{
    for (Subscription* subscription : subscriptions_) {
        subscription->state_->hub = nullptr;
        subscription->end();
    }
}

void Hub::publish(News news)
{
    const std::uint64_t number = ++last_;
    auto entry = std::make_shared<Subscription::Entry>(Subscription::Entry{std::move(news), number, id_of(number)});
    ring_.push_back(entry);
    if (ring_.size() > ring_max) ring_.pop_front();
    for (Subscription* subscription : subscriptions_)
        if (may_hear(subscription->state_->listener, *entry)) subscription->offer(entry);
}

std::unique_ptr<Subscription> Hub::subscribe(Listener listener, const std::optional<std::string>& last_id)
{
    std::unique_ptr<Subscription> made(new Subscription(*this, listener, executor_));
    subscriptions_.insert(made.get());
    tell(*made, "hello", R"({"boot":")" + boot_ + R"("})");
    if (last_id && !last_id->empty()) replay(*made, *last_id);
    if (closed_) made->end();
    return made;
}

void Hub::replay(Subscription& to, const std::string& last_id)
{
    const std::size_t dash = last_id.rfind('-');
    std::uint64_t number = 0;
    const bool ours =
        dash != std::string::npos && last_id.compare(0, dash, boot_) == 0 &&
        std::from_chars(last_id.data() + dash + 1, last_id.data() + last_id.size(), number).ec == std::errc{};
    const std::uint64_t oldest = last_ - ring_.size() + 1;
    if (!ours || number > last_ || number + 1 < oldest) return tell(to, "sync", R"({"reason":"too old"})");
    for (const auto& entry : ring_)
        if (entry->number > number && may_hear(to.state_->listener, *entry)) to.offer(entry);
}

void Hub::tell(Subscription& to, std::string name, std::string data)
{
    to.offer(std::make_shared<Subscription::Entry>(
        Subscription::Entry{{std::move(name), std::move(data), {}, {}, {}}, 0, id_of(last_)}));
}

bool Hub::may_hear(const Listener& listener, const Subscription::Entry& entry) const
{
    const News& news = entry.news;
    if (news.tenant_id != listener.tenant_id) return false;
    if (news.user_id ? *news.user_id != listener.user_id : !listener.staff) return false;
    return !news.run_id || watches(listener.session_id, *news.run_id);
}

bool Hub::watches(const Uuid& session, const Uuid& run) const
{
    const auto tabs = watched_.find(session);
    if (tabs == watched_.end()) return false;
    return std::ranges::any_of(tabs->second, [&](const auto& tab) { return tab.second.contains(run); });
}

void Hub::watch(const Uuid& session, const Uuid& tab, std::vector<Uuid> runs)
{
    auto& tabs = watched_[session];
    if (runs.empty()) tabs.erase(tab);
    else tabs[tab] = std::set<Uuid>(runs.begin(), runs.end());
    if (tabs.empty()) watched_.erase(session);
}

void Hub::forget_run(const Uuid& run)
{
    for (auto& [session, tabs] : watched_) {
        for (auto& [tab, runs] : tabs) runs.erase(run);
        std::erase_if(tabs, [](const auto& tab) { return tab.second.empty(); });
    }
    std::erase_if(watched_, [](const auto& session) { return session.second.empty(); });
}

void Hub::end_session(const Uuid& session)
{
    watched_.erase(session);
    for (Subscription* subscription : subscriptions_) {
        if (subscription->state_->listener.session_id != session) continue;
        tell(*subscription, "signed_out", "{}");
        subscription->end();
    }
}

void Hub::close()
{
    closed_ = true;
    for (Subscription* subscription : subscriptions_) subscription->end();
}

std::string Hub::id_of(std::uint64_t number) const { return boot_ + "-" + std::to_string(number); }

} // namespace trunkline::events
