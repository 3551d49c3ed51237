// SPDX-License-Identifier: MIT
#include <trunkline/db/listener.hpp>

#include "postgres/vigil.hpp"

namespace trunkline::db {

using postgres::Vigil;

namespace {

constexpr std::size_t name_max = 63; // bytes: NAMEDATALEN without the zero

const std::string& checked(const std::string& channel)
{
    if (channel.empty()) throw UsageError("a channel needs a name");
    if (channel.size() > name_max) throw UsageError("a channel's name has at most 63 bytes: \"" + channel + '"');
    if (channel.find('\0') != std::string::npos) throw UsageError("a channel's name cannot hold a zero byte");
    return channel;
}

void check(const Options& options)
{
    if (options.engine != Engine::postgresql)
        throw UsageError("a listener needs PostgreSQL: there is no LISTEN on " +
                         std::string(to_string(options.engine)));
    if (options.pooler != Options::Pooler::none && options.pooler_safe())
        throw UsageError("a listener needs a direct connection, and this URL is for a transaction pooler "
                         "(pooler=transaction, no_prepare or statement_cache_size=0): give it the database's own "
                         "address, or say pooler=none");
}

void check(const ListenerLimits& limits)
{
    if (limits.events_max == 0) throw UsageError("a listener's events_max is at least 1");
    for (const auto limit : {limits.quiet_max, limits.answer_timeout, limits.backoff_first, limits.backoff_max})
        if (limit <= milliseconds(0)) throw UsageError("a listener's times are longer than nothing");
}

} // namespace

Event Event::notification(std::string channel, std::string payload, int process_id)
{
    Event event;
    event.channel = std::move(channel);
    event.payload = std::move(payload);
    event.process_id = process_id;
    return event;
}

Event Event::gap(std::string why, std::uint64_t dropped)
{
    Event event;
    event.kind = Kind::gap;
    event.payload = std::move(why);
    event.dropped = dropped;
    return event;
}

Listener::Listener(asio::any_io_executor executor, Options options, ListenerLimits limits)
{
    check(options);
    check(limits);
    vigil_ = std::make_shared<Vigil>(std::move(executor), std::move(options), limits);
}

Listener::~Listener()
{
    vigil_->set_log({});
    Vigil::request_stop(vigil_);
}

asio::awaitable<void> Listener::start() { return Vigil::start(vigil_); }

asio::awaitable<void> Listener::listen(std::string channel)
{
    auto wish = vigil_->wish(checked(channel));
    return Vigil::fulfilled(vigil_, std::move(channel), std::move(wish));
}

void Listener::unlisten(std::string_view channel) { vigil_->withdraw(channel); }

asio::awaitable<Event> Listener::next() { return Vigil::next(vigil_); }

asio::awaitable<void> Listener::stop()
{
    Vigil::request_stop(vigil_);
    return Vigil::stopped(vigil_);
}

ListenerStats Listener::stats() const { return vigil_->stats(); }

void Listener::set_log(Log log) { vigil_->set_log(std::move(log)); }

} // namespace trunkline::db
