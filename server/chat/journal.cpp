// SPDX-License-Identifier: MIT
#include <chat/journal.hpp>

#include <base/log.hpp>
#include <trunkline/db/task.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <set>

namespace trunkline::chat {

/// What one run has said and the database does not have yet.
struct Journal::Page {
    explicit Page(const asio::any_io_executor& executor) : changed(executor, asio::steady_timer::time_point::max()) {}

    asio::awaitable<void> change()
    {
        boost::system::error_code woken;
        co_await changed.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        const auto cancellation = co_await asio::this_coro::cancellation_state;
        if (cancellation.cancelled() != asio::cancellation_type::none) throw boost::system::system_error(woken);
    }

    std::int64_t next_seq = 1;
    std::string waiting;
    bool on_the_way = false;
    bool sealed = false;
    asio::steady_timer changed; // never expires; cancelled when the above change
};

Journal::Journal(db::Pool& pool, Clock& clock, asio::any_io_executor executor, Uuid owner, Listener& listener,
                 Options options)
    : pool_(pool),
      clock_(clock),
      executor_(std::move(executor)),
      owner_(owner),
      listener_(listener),
      options_(options),
      work_(executor_),
      full_(executor_)
{}

Journal::~Journal() = default;

void Journal::open(const Uuid& run) { pages_.try_emplace(run, std::make_shared<Page>(executor_)); }

asio::awaitable<void> Journal::add(Uuid run, std::string text)
{
    db::refuse_while_holding(co_await asio::this_coro::executor, "the journal");
    const auto found = pages_.find(run);
    if (found == pages_.end()) co_return;
    const auto page = found->second;
    while (page->waiting.size() >= options_.waiting_bytes_max && !page->sealed) co_await page->change();
    page->waiting += text;
    if (page->waiting.size() >= options_.piece_bytes) full_.ring();
    work_.ring();
}

asio::awaitable<void> Journal::seal(Uuid run)
{
    const auto page = pages_.at(run);
    page->sealed = true;
    page->changed.cancel();
    while (page->on_the_way) co_await page->change();
}

Journal::Rest Journal::rest(const Uuid& run) const
{
    const Page& page = *pages_.at(run);
    return {page.next_seq, page.waiting};
}

void Journal::close(const Uuid& run) { pages_.erase(run); }

asio::awaitable<void> Journal::run()
{
    for (;;) {
        co_await work_.wait(clock_, options_.renew_every);
        if (pages_.empty()) continue;
        if (anything_to_write()) co_await full_.wait(clock_, options_.gather);
        collect();
        while (!co_await write()) co_await clock_.sleep_for(options_.backoff.after(failures_));
    }
}

bool Journal::anything_to_write() const
{
    return std::ranges::any_of(pages_,
                               [](const auto& page) { return !page.second->waiting.empty() && !page.second->sealed; });
}

void Journal::collect()
{
    for (const auto& [run, page] : pages_) {
        if (page->waiting.empty() || page->sealed) continue;
        on_the_way_.push_back({run, {page->next_seq++, EventKind::text, std::exchange(page->waiting, {})}});
        page->on_the_way = true;
        page->changed.cancel();
    }
}

db::Batch Journal::unit(bool renew) const
{
    const Time now = clock_.now();
    db::Batch batch;
    // Either tells which runs are still ours.
    if (renew)
        batch.add("UPDATE runs SET lease_until = $1 WHERE owner = $2 AND status = 'running' RETURNING id",
                  now + options_.lease, owner_);
    else batch.add("SELECT id FROM runs WHERE owner = $1 AND status = 'running'", owner_);
    for (const Line& line : on_the_way_)
        batch.add("INSERT INTO run_events (run_id, seq, kind, text, at)"
                  " SELECT id, $1, 'text', $2, $3 FROM runs WHERE id = $4 AND owner = $5 AND status = 'running'"
                  " ON CONFLICT (run_id, seq) DO NOTHING", // a repetition of a unit whose answer was lost
                  line.event.seq, line.event.text, now, line.run, owner_);
    return batch;
}

asio::awaitable<bool> Journal::write()
{
    const bool renew = clock_.now() >= renew_at_;
    if (!renew && on_the_way_.empty()) co_return true;
    try {
        const auto results = co_await pool_.run(unit(renew));
        arrived(results);
    } catch (const db::Error& failure) {
        if (++failures_ == 1) log_warning("chat", std::string("the journal waits: ") + failure.what());
        co_return false;
    }
    if (renew) renew_at_ = clock_.now() + options_.renew_every;
    if (std::exchange(failures_, 0) > 0) log_info("chat", "the journal is written again");
    co_return true;
}

void Journal::arrived(const std::vector<db::Result>& results)
{
    std::set<Uuid> ours;
    for (std::size_t i = 0; i < results.at(0).size(); ++i) ours.insert(results.at(0).as<Uuid>(i));
    for (const Line& line : std::exchange(on_the_way_, {})) {
        const auto found = pages_.find(line.run);
        if (found == pages_.end()) continue;
        found->second->on_the_way = false;
        found->second->changed.cancel();
        if (ours.contains(line.run)) listener_.on_written(line.run, line.event);
        else if (!found->second->sealed) listener_.on_lost(line.run);
    }
}

} // namespace trunkline::chat
