// SPDX-License-Identifier: MIT
#include "fault_link.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <future>
#include <thread>

namespace trunkline::db::testing {

using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t said_max = 100'000;

} // namespace

class FaultProxy::Impl {
public:
    Impl(tcp::endpoint server, Protocol protocol)
        : server_(std::move(server)),
          protocol_(protocol),
          acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          port_(acceptor_.local_endpoint().port())
    {
        spawn(serve());
        thread_ = std::thread([this] { io_.run(); });
    }
    ~Impl()
    {
        io_.stop();
        thread_.join();
    }

    int port() const noexcept { return port_; }

    /// Does `work` on the proxy's thread, and waits for it; nothing that runs there ever blocks.
    template <class Work>
    auto on_its_thread(Work work)
    {
        std::packaged_task<decltype(work())()> task(std::move(work));
        auto done = task.get_future();
        asio::post(io_, [task = std::move(task)]() mutable { task(); });
        return done.get();
    }

    void set(Blow blow, Spot spot, std::chrono::milliseconds time = {})
    {
        on_its_thread([&] { plan_.add(blow, spot, time); });
    }
    template <class Deed>
    void to_all(Deed deed)
    {
        for (const auto& weak : links_)
            if (const LinkPtr link = weak.lock()) deed(*link);
    }

    // Of the proxy's thread.
    void freeze_all()
    {
        all_frozen_ = true;
        to_all([](Link& link) { link.frozen = true; });
    }
    void thaw_all()
    {
        all_frozen_ = false;
        to_all([](Link& link) { link.thaw(); });
    }
    void refuse() { refusing_ = true; }
    void heal()
    {
        plan_.clear();
        refusing_ = false;
        thaw_all();
    }
    Counts counts()
    {
        Counts counts = counts_;
        to_all([&](Link& link) { counts.open += link.client.is_open() ? 1 : 0; });
        return counts;
    }
    std::vector<Said> said() const { return said_; }
    void forget() { said_.clear(); }

private:
    void spawn(asio::awaitable<void> work)
    {
        asio::co_spawn(io_, std::move(work), [](std::exception_ptr) {}); // the end of the context ends it
    }

    asio::awaitable<void> serve();
    asio::awaitable<void> run(LinkPtr link);
    asio::awaitable<void> pump(LinkPtr link, From from);
    asio::awaitable<void> handle(LinkPtr link, From from, const Frame& frame);
    asio::awaitable<void> strike(LinkPtr link, From from, Strike strike);
    void note(const Link& link, From from, const Frame& frame);

    const tcp::endpoint server_;
    const Protocol protocol_;
    asio::io_context io_;
    tcp::acceptor acceptor_;
    const int port_;
    std::vector<std::weak_ptr<Link>> links_;
    FaultPlan plan_;
    bool refusing_ = false;
    bool all_frozen_ = false;
    Counts counts_;
    std::vector<Said> said_;
    std::thread thread_;
};

asio::awaitable<void> FaultProxy::Impl::serve()
{
    for (;;) {
        const auto link = std::make_shared<Link>(io_, protocol_);
        error_code failed;
        co_await acceptor_.async_accept(link->client, asio::redirect_error(asio::use_awaitable, failed));
        if (failed == asio::error::connection_aborted) continue;
        if (failed) co_return;
        link->number = ++counts_.connections;
        if (refusing_) {
            link->reset();
            continue;
        }
        link->frozen = all_frozen_;
        std::erase_if(links_, [](const auto& weak) { return weak.expired(); });
        links_.push_back(link);
        spawn(run(link));
    }
}

asio::awaitable<void> FaultProxy::Impl::run(LinkPtr link)
{
    co_await thawed(link);
    if (link->over) co_return;
    error_code failed;
    co_await link->server.async_connect(server_, asio::redirect_error(asio::use_awaitable, failed));
    if (failed || link->over) co_return link->reset();
    link->client.set_option(tcp::no_delay(true), failed);
    link->server.set_option(tcp::no_delay(true), failed);
    spawn(pump(link, From::client));
    co_await pump(link, From::server);
}

asio::awaitable<void> FaultProxy::Impl::pump(LinkPtr link, From from)
{
    std::string& heard = link->flow(from).heard;
    char buffer[16 * 1024];
    for (;;) {
        error_code ended;
        const std::size_t size = co_await link->side(from).async_read_some(
            asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, ended));
        if (ended) co_return co_await hung_up(link, from, ended);
        heard.append(buffer, size);
        for (auto frame = link->conversation.next(from, heard); frame; frame = link->conversation.next(from, heard))
            co_await handle(link, from, *frame);
    }
}

asio::awaitable<void> FaultProxy::Impl::handle(LinkPtr link, From from, const Frame& frame)
{
    if (link->over) co_return;
    note(*link, from, frame);
    const std::string_view bytes = frame.bytes;
    std::size_t passed = 0;
    for (const Strike blow : plan_.judge(from, frame)) {
        co_await pass_on(link, from, bytes.substr(passed, blow.offset - passed));
        passed = blow.offset;
        ++counts_.strikes;
        co_await strike(link, from, blow);
        if (link->over) co_return;
    }
    co_await pass_on(link, from, bytes.substr(passed));
    Flow& flow = link->flow(from);
    flow.end_of_piece(frame);
    if (flow.swapping || flow.held.empty()) co_return;
    const std::string late = std::exchange(flow.held, {});
    co_await send(link, from, late);
}

asio::awaitable<void> FaultProxy::Impl::strike(LinkPtr link, From from, Strike strike)
{
    Flow& flow = link->flow(from);
    switch (strike.blow) {
    case Blow::cut: link->cut(); break;
    case Blow::reset: link->reset(); break;
    case Blow::freeze: link->frozen = true; break; // seen by whoever wants to pass something on
    case Blow::delay: co_await pause(link, strike.time); break;
    case Blow::swallow: flow.swallowing = true; break;
    case Blow::split: flow.in_single_bytes = true; break;
    case Blow::drop: flow.dropping = strike.piece; break;
    case Blow::swap:
        flow.swapping = strike.piece;
        flow.holding = true;
        break;
    }
}

void FaultProxy::Impl::note(const Link& link, From from, const Frame& frame)
{
    if (!frame.is_message) return;
    if (frame.type == cancel_request && from == From::client) ++counts_.cancel_requests;
    if (said_.size() < said_max) said_.push_back({link.number, from, frame.type});
}

// -- The face --------------------------------------------------------------------

FaultProxy::FaultProxy(int port, Protocol protocol, const std::string& host)
    : impl_(std::make_unique<Impl>(tcp::endpoint(asio::ip::make_address(host), static_cast<std::uint16_t>(port)),
                                   protocol))
{}

FaultProxy::~FaultProxy() = default;

int FaultProxy::port() const noexcept { return impl_->port(); }

void FaultProxy::cut(Spot spot) { impl_->set(Blow::cut, spot); }
void FaultProxy::reset(Spot spot) { impl_->set(Blow::reset, spot); }
void FaultProxy::freeze(Spot spot) { impl_->set(Blow::freeze, spot); }
void FaultProxy::delay(Spot spot, std::chrono::milliseconds time) { impl_->set(Blow::delay, spot, time); }
void FaultProxy::swallow(Spot spot) { impl_->set(Blow::swallow, spot); }
void FaultProxy::split(Spot spot) { impl_->set(Blow::split, spot); }
void FaultProxy::drop(Spot spot) { impl_->set(Blow::drop, spot); }
void FaultProxy::swap(Spot spot) { impl_->set(Blow::swap, spot); }

void FaultProxy::cut()
{
    impl_->on_its_thread([this] { impl_->to_all([](Link& link) { link.cut(); }); });
}

void FaultProxy::reset()
{
    impl_->on_its_thread([this] { impl_->to_all([](Link& link) { link.reset(); }); });
}

void FaultProxy::freeze()
{
    impl_->on_its_thread([this] { impl_->freeze_all(); });
}

void FaultProxy::thaw()
{
    impl_->on_its_thread([this] { impl_->thaw_all(); });
}

void FaultProxy::refuse()
{
    impl_->on_its_thread([this] { impl_->refuse(); });
}

void FaultProxy::heal()
{
    impl_->on_its_thread([this] { impl_->heal(); });
}

FaultProxy::Counts FaultProxy::counts() const
{
    return impl_->on_its_thread([this] { return impl_->counts(); });
}

std::vector<FaultProxy::Said> FaultProxy::said() const
{
    return impl_->on_its_thread([this] { return impl_->said(); });
}

void FaultProxy::forget()
{
    impl_->on_its_thread([this] { impl_->forget(); });
}

} // namespace trunkline::db::testing
