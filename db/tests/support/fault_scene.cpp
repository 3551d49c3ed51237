// SPDX-License-Identifier: MIT
#include <support/fault_scene.hpp>
#include <support/run.hpp>

#include <trunkline/db/task.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>
#include <libpq-fe.h>

namespace trunkline::db::testing {

using std::chrono::steady_clock;

namespace {

constexpr std::size_t scenes_at_a_time = 24;
constexpr auto recovery_max = 7s; // of a pool whose breaker is open: the longest pause of its prober, and some

Options options_of(const FaultProxy& proxy, const std::string& name)
{
    Options options = Options::parse("postgresql://postgres@127.0.0.1:" + std::to_string(proxy.port()) +
                                     "/postgres?gssencmode=disable");
    options.min_size = 0;
    options.max_size = FaultScene::max_size;
    options.acquire_timeout = FaultScene::acquire_timeout;
    options.connect_timeout = FaultScene::connect_timeout;
    options.command_timeout = FaultScene::command_timeout;
    options.application_name = name;
    return options;
}

/// The row's table; made once.
void make_table()
{
    static const bool made = [] {
        PostgresServer::shared().sql("CREATE TABLE faults (id uuid PRIMARY KEY)");
        return true;
    }();
    EXPECT_TRUE(made);
}

/// The only cell that the server itself answers, past the proxy: on one connection, because a scene asks often.
std::string ask_directly(const std::string& sql)
{
    static const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
        PQconnectdb(PostgresServer::shared().socket_url().c_str()), &PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) throw std::runtime_error(PQerrorMessage(connection.get()));
    return PQgetvalue(result.get(), 0, 0);
}

std::string side(From from) { return from == From::client ? "the client's " : "the server's "; }

} // namespace

FaultScene::FaultScene(asio::io_context& io, std::string name, bool writes, SetFault set_fault)
    : name_(std::move(name)), writes_(writes), set_fault_(std::move(set_fault)), proxy_(PostgresServer::shared().port())
{
    make_table();
    pool_.emplace(io.get_executor(), options_of(proxy_, to_string(id_)));
}

asio::awaitable<void> FaultScene::play(Work prepare, Work act)
{
    co_await prepare(*this);
    proxy_.forget();
    if (set_fault_) set_fault_(proxy_);
    const auto began = steady_clock::now();
    try {
        co_await act(*this);
    } catch (const Error& error) {
        failure_ = error.info();
        what_ = error.what();
    } catch (const std::exception& error) {
        not_an_error_ = true;
        what_ = error.what();
    }
    took_ = steady_clock::now() - began;
}

std::optional<Outcome> FaultScene::outcome() const
{
    return failure_ ? std::optional(failure_->outcome) : std::nullopt;
}

asio::awaitable<void> FaultScene::judge()
{
    EXPECT_FALSE(not_an_error_) << story();
    EXPECT_FALSE(wrong_answer_) << story();
    proxy_.heal();
    co_await use_again();
    const PoolStats stats = pool().stats();
    EXPECT_LE(stats.size, max_size) << story();
    EXPECT_EQ(stats.in_use, 0u) << story();
    EXPECT_EQ(stats.waiting, 0u) << story();
    EXPECT_TRUE(pool().holders().empty()) << story();

    const auto few = [this] { return std::stoul(ask_sessions("count(*)")) <= max_size; };
    const bool became_few = co_await eventually(few, 7s);
    EXPECT_TRUE(became_few) << ask_sessions("count(*)") << " sessions at the server: " << story();
    (void)co_await pool().drain(5s);
    const auto none = [this] { return ask_sessions("count(*)") == "0"; };
    const bool became_none = co_await eventually(none, 7s);
    EXPECT_TRUE(became_none) << "a session is left: " << ask_sessions("string_agg(query, '; ')") << ": " << story();
    check_truth(ask_directly("SELECT count(*) FROM faults WHERE id = '" + to_string(id_) + "'") == "1");
}

/// A connection may have died while nobody used it: that is found out by using it, once for each. And after an outage
/// callers are refused until the pool has found out that it is over.
asio::awaitable<void> FaultScene::use_again()
{
    const auto limit = steady_clock::now() + recovery_max;
    asio::steady_timer pause(co_await asio::this_coro::executor);
    std::string failure;
    for (std::size_t broken = 0; broken <= max_size;) {
        try {
            auto again =
                co_await pool().within(recovery_max).fetch_value<std::string>("SELECT $1", std::string_view(name_));
            EXPECT_EQ(again, name_) << story();
            co_return;
        } catch (const ConnectFailed& refused) {
            failure = refused.what();
            if (steady_clock::now() > limit) break;
        } catch (const Error& error) {
            failure = error.what();
            ++broken;
        }
        pause.expires_after(20ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
    ADD_FAILURE() << "the pool does not work afterwards: " << failure << ": " << story();
}

std::string FaultScene::story() const { return name_ + ": " + (what_.empty() ? "no error" : what_); }

void FaultScene::check_truth(bool written)
{
    if (not_an_error_) return;
    if (succeeded()) {
        EXPECT_TRUE(written || !writes_) << "it said that it was done: " << story();
        return;
    }
    switch (failure_->outcome) {
    case Outcome::not_sent: EXPECT_FALSE(written) << "it said that nothing was sent: " << story(); break;
    case Outcome::rejected: EXPECT_FALSE(written) << "it said that nothing remains: " << story(); break;
    case Outcome::applied: EXPECT_TRUE(written || !writes_) << "it said that it was done: " << story(); break;
    case Outcome::unknown: break;
    }
}

std::string FaultScene::ask_sessions(const std::string& what) const
{
    return ask_directly("SELECT " + what + " FROM pg_stat_activity WHERE application_name = '" + to_string(id_) + "'");
}

asio::awaitable<bool> FaultScene::eventually(std::function<bool()> reached, std::chrono::seconds limit)
{
    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (const auto end = steady_clock::now() + limit; steady_clock::now() < end;) {
        if (reached()) co_return true;
        pause.expires_after(20ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_return reached();
}

// -- The stage -------------------------------------------------------------------

std::vector<FaultProxy::Said> FaultStage::undisturbed()
{
    asio::io_context io;
    FaultScene scene(io, "undisturbed", writes_);
    testing::run(io, scene.play(prepare_, act_));
    const auto said = scene.proxy().said();
    testing::run(io, scene.judge());
    return said;
}

void FaultStage::add(std::string name, FaultScene::SetFault set_fault)
{
    waiting_.emplace_back(std::move(name), std::move(set_fault));
}

void FaultStage::add_everywhere(const std::string& name, Deed deed, std::size_t stride)
{
    if (messages_.empty()) messages_ = undisturbed();
    ASSERT_FALSE(messages_.empty());
    std::size_t counts[2] = {};
    for (const auto& said : messages_) {
        const std::size_t nth = ++counts[said.from == From::client ? 0 : 1];
        if (nth % stride != 0) continue;
        const Spot spot = before(said.from, {}, nth);
        const std::string where = side(said.from) + std::string(1, said.type) + " (" + std::to_string(nth) + ")";
        add(name + " before " + where, [=](FaultProxy& proxy) { deed(proxy, spot); });
    }
    for (const From from : {From::client, From::server}) {
        const Spot spot = after(from, {}, counts[from == From::client ? 0 : 1]);
        add(name + " behind " + side(from) + "last", [=](FaultProxy& proxy) { deed(proxy, spot); });
    }
}

namespace {

std::string said_by(std::exception_ptr failure)
{
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    }
    return {};
}

} // namespace

void FaultStage::play(std::function<void(const FaultScene&)> expect)
{
    ASSERT_FALSE(waiting_.empty());
    asio::io_context io;
    while (!waiting_.empty()) {
        std::list<FaultScene> scenes;
        std::size_t ended = 0;
        const auto all = [&](auto start) {
            ended = 0;
            for (FaultScene& scene : scenes) {
                auto note = [&](std::exception_ptr failure) {
                    ++ended;
                    EXPECT_FALSE(failure) << scene.name() << ": " << said_by(failure);
                };
                asio::co_spawn(with_task(io.get_executor(), "scene"), start(scene), note);
            }
            const auto limit = steady_clock::now() + 60s;
            io.restart();
            while (ended < scenes.size() && io.run_one_until(limit) != 0) {}
            ASSERT_EQ(ended, scenes.size()) << "a scene did not end";
        };
        for (; !waiting_.empty() && scenes.size() < scenes_at_a_time; waiting_.pop_front())
            scenes.emplace_back(io, waiting_.front().first, writes_, waiting_.front().second);
        all([&](FaultScene& scene) { return scene.play(prepare_, act_); });
        if (expect)
            for (const FaultScene& scene : scenes) expect(scene);
        all([](FaultScene& scene) { return scene.judge(); });
    }
}

} // namespace trunkline::db::testing
