// SPDX-License-Identifier: MIT
#include <trunkline/db/pool.hpp>

#include "engine.hpp"
#include "home.hpp"
#include "read_side.hpp"
#include "replica_options.hpp"
#include "report.hpp"
#include "session.hpp"
#include "statements.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace trunkline::db {

using Clock = std::chrono::steady_clock;
using detail::ReadSide;
using detail::Session;
using detail::Slots;

/// The calls, which outlive the pool when they have to: they hold what they use.
class Pool::Impl {
public:
    Impl(asio::any_io_executor executor, Options options, std::unique_ptr<Driver> driver,
         std::unique_ptr<Driver> replicas)
        : slots(Slots::make(executor, options, std::move(driver))),
          reads(ReadSide::make(executor, slots, std::move(replicas))),
          read_view(reads)
    {}

    static asio::awaitable<void> start(std::shared_ptr<Slots> slots);
    static asio::awaitable<std::vector<Holder>> drain(std::shared_ptr<Slots> slots, std::shared_ptr<ReadSide> reads,
                                                      milliseconds deadline);
    static asio::awaitable<Connection> acquire(std::shared_ptr<Slots> slots, std::source_location place);
    static asio::awaitable<Transaction> begin(std::shared_ptr<Slots> slots, TransactionOptions options,
                                              std::optional<std::chrono::nanoseconds> limit,
                                              std::source_location place);

    const std::shared_ptr<Slots> slots;
    const std::shared_ptr<ReadSide> reads;
    detail::ReadView read_view;
};

namespace {

/// Waits for the next change in the pool. Throws when the caller is cancelled.
asio::awaitable<void> wait_for_change(Slots& slots)
{
    boost::system::error_code woken;
    co_await slots.changed().wait(woken);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) detail::throw_cancelled();
}

} // namespace

asio::awaitable<void> Pool::Impl::start(std::shared_ptr<Slots> slots)
{
    if (!slots->is_home(co_await asio::this_coro::executor)) {
        auto work = start(slots);
        co_return co_await detail::at_home(slots, std::move(work));
    }
    const auto attempts = slots->attempts_ended();
    if (slots->opened() == 0) {
        slots->start();
        while (slots->attempts_ended() == attempts && !slots->closing_down()) co_await wait_for_change(*slots);
    }
    if (slots->closing_down()) detail::throw_pool_closed({});
    if (slots->opened() == 0) std::rethrow_exception(slots->last_connect_failure());
}

asio::awaitable<std::vector<Holder>> Pool::Impl::drain(std::shared_ptr<Slots> slots, std::shared_ptr<ReadSide> reads,
                                                       milliseconds deadline)
{
    if (!slots->is_home(co_await asio::this_coro::executor)) {
        auto work = drain(slots, reads, deadline);
        co_return co_await detail::at_home(slots, std::move(work));
    }
    const Deadline end = detail::after(Clock::now(), deadline);
    const auto& replicas = reads->replicas();
    slots->drain(end);
    if (replicas) replicas->drain(end);
    while (!slots->drained()) co_await wait_for_change(*slots);
    auto cut = slots->was_cut();
    if (!replicas) co_return cut;
    while (!replicas->drained()) co_await wait_for_change(*replicas);
    cut.insert(cut.end(), replicas->was_cut().begin(), replicas->was_cut().end());
    co_return cut;
}

asio::awaitable<Connection> Pool::Impl::acquire(std::shared_ptr<Slots> slots, std::source_location place)
{
    const auto caller = co_await asio::this_coro::executor;
    if (!slots->is_home(caller)) {
        auto work = detail::lend_away(acquire(slots, place));
        co_return co_await detail::at_home(slots, std::move(work));
    }
    detail::Slot::Holding holding(place, task_of(caller));
    holding.kept = true;
    detail::refuse_nested(*slots, holding.task, place);
    std::optional<detail::Lease> lease = detail::acquire_now(slots, holding);
    if (!lease) {
        detail::Lease waited = co_await detail::acquire(std::move(slots), std::move(holding), Deadline::max());
        lease.emplace(std::move(waited));
    }
    co_return Session::connection(std::move(*lease));
}

asio::awaitable<Transaction> Pool::Impl::begin(std::shared_ptr<Slots> slots, TransactionOptions options,
                                               std::optional<std::chrono::nanoseconds> limit,
                                               std::source_location place)
{
    const auto caller = co_await asio::this_coro::executor;
    if (!slots->is_home(caller)) {
        auto work = detail::lend_away(begin(slots, options, limit, place));
        co_return co_await detail::at_home(slots, std::move(work));
    }
    const Deadline not_after = detail::from_now(limit);
    detail::Slot::Holding holding(place, task_of(caller));
    holding.kept = true;
    detail::refuse_nested(*slots, holding.task, place);
    std::optional<detail::Lease> lease = detail::acquire_now(slots, holding);
    if (!lease) {
        detail::Lease waited = co_await detail::acquire(std::move(slots), std::move(holding), not_after);
        lease.emplace(std::move(waited));
    }
    const auto session = Session::make(std::move(*lease), Session::Kind::passing);
    co_return co_await Session::begin(session, 0, options, not_after);
}

// -- Pool ------------------------------------------------------------------------

Pool::Pool(asio::any_io_executor executor, Options options)
    : Pool(executor, options, detail::make_driver(executor, options), detail::make_replica_driver(executor, options))
{}

Pool::Pool(asio::any_io_executor executor, Options options, std::unique_ptr<Driver> driver,
           std::unique_ptr<Driver> replicas)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(driver), std::move(replicas)))
{}

Pool::~Pool()
{
    impl_->slots->abandon();
    if (impl_->reads->replicas()) impl_->reads->replicas()->abandon();
}

asio::awaitable<void> Pool::start() { return Impl::start(impl_->slots); }

asio::awaitable<std::vector<Holder>> Pool::drain() { return drain(options().drain_timeout); }

asio::awaitable<std::vector<Holder>> Pool::drain(milliseconds deadline)
{
    return Impl::drain(impl_->slots, impl_->reads, deadline);
}

asio::awaitable<Connection> Pool::acquire(std::source_location place) { return Impl::acquire(impl_->slots, place); }

asio::awaitable<std::vector<Result>> Pool::do_run(Query query) { return detail::run(impl_->slots, std::move(query)); }

asio::awaitable<Transaction> Pool::do_begin(TransactionOptions options, std::optional<std::chrono::nanoseconds> limit,
                                            std::source_location place)
{
    return Impl::begin(impl_->slots, options, limit, place);
}

Executor& Pool::read() noexcept { return impl_->read_view; }

PoolStats Pool::stats() const { return impl_->slots->stats(); }

ReadStats Pool::read_stats() const { return impl_->reads->stats(); }

std::vector<Holder> Pool::holders() const
{
    auto holders = impl_->slots->holders();
    if (!impl_->reads->replicas()) return holders;
    for (Holder& reader : impl_->reads->replicas()->holders()) holders.push_back(std::move(reader));
    std::ranges::sort(holders, std::ranges::greater{}, &Holder::age);
    return holders;
}

std::string Pool::describe() const
{
    const PoolStats now = stats();
    const Options& asked = options();
    return asked.describe() + " · " + std::to_string(now.min_size) + " to " + std::to_string(now.max_size) +
           " connections, " + std::to_string(now.size) + " now · waits " + detail::describe(asked.acquire_timeout) +
           " for one, " + detail::describe(asked.connect_timeout) + " to connect, " +
           detail::describe(asked.command_timeout) + " for a statement · " + impl_->slots->driver().describe() + " · " +
           impl_->slots->describe_sharing() + impl_->reads->describe();
}

const Options& Pool::options() const noexcept { return impl_->slots->options(); }

asio::any_io_executor Pool::get_executor() const { return impl_->slots->executor(); }

void Pool::set_log(Log log)
{
    if (impl_->reads->replicas() && log)
        impl_->reads->replicas()->set_log([log](std::string_view said) { log("standbys: " + std::string(said)); });
    impl_->slots->set_log(std::move(log));
}

} // namespace trunkline::db
