// SPDX-License-Identifier: MIT
// What an AcquireTimeout says in staged situations, on a scripted server.
#include <support/house.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::execute;
using testing::hog;
using testing::House;
using testing::Running;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

Options sized(std::size_t max_size, milliseconds acquire_timeout = 60ms)
{
    Options options = House::small(0, max_size);
    options.acquire_timeout = acquire_timeout;
    return options;
}

/// Holds a transaction and does something else.
asio::awaitable<void> dawdle(Pool& pool, bool& holding, bool& enough)
{
    auto transaction = co_await pool.begin();
    co_await execute(transaction, "SELECT 8");
    holding = true;
    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (!enough) {
        pause.expires_after(1ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

/// A stage with people who hold connections until the scene is over.
class Stage : public House {
public:
    using House::House;
    ~Stage()
    {
        enough_ = true;
        for (Running* actor : actors_) until([&] { return actor->ended; });
    }

    template <class Act>
    void enter(Act act, std::string name)
    {
        bool& holding = holding_.emplace_back(false);
        actors_.push_back(&go(act(pool(), holding, enough_), std::move(name)));
        until([&] { return holding; });
    }

    /// A statement that does not end before the scene.
    void enter_running(const std::string& sql)
    {
        const std::size_t before = server->held(sql);
        server->hold(sql);
        go(execute(pool(), sql), "running");
        until([&] { return server->held(sql) == before + 1; });
    }

    AcquireTimeout ask() { return failure_of<AcquireTimeout>(pool().execute("SELECT 1")); }

    /// Everybody asks for the same statement at once; answers the first who waited too long.
    AcquireTimeout all_ask(std::size_t callers, const std::string& sql)
    {
        std::vector<Running*> asking;
        for (std::size_t i = 0; i < callers; ++i) asking.push_back(&go(execute(pool(), sql)));
        Running* first = nullptr;
        until([&] {
            std::size_t ended = 0;
            for (Running* one : asking) {
                ended += one->ended ? 1 : 0;
                if (!first && one->ended && one->failure) first = one;
            }
            return ended == asking.size();
        });
        if (!first) throw std::runtime_error("everybody was served");
        return failure_of<AcquireTimeout>(*first);
    }

private:
    std::list<bool> holding_;
    bool enough_ = false;
    std::vector<Running*> actors_;
};

struct Scene {
    const char* name;
    AcquireCause verdict;
    AcquireTimeout (*stage)();
};

AcquireTimeout leak(std::size_t connections)
{
    Options options = sized(connections);
    options.leak_warning = 20ms;
    Stage stage(options);
    for (std::size_t i = 0; i < connections; ++i) stage.enter(hog, "the hog");
    return stage.ask();
}

AcquireTimeout slow_statements(std::size_t connections)
{
    Stage stage(sized(connections));
    for (std::size_t i = 0; i < connections; ++i) stage.enter_running("SELECT slow");
    return stage.ask();
}

AcquireTimeout idle_in_transaction()
{
    Stage stage(sized(2));
    stage.enter(dawdle, "dawdling");
    stage.enter(dawdle, "dawdling too");
    return stage.ask();
}

AcquireTimeout burst()
{
    Stage stage(sized(2, 400ms));
    stage.server->delay("SELECT 2", 20ms);
    return stage.all_ask(200, "SELECT 2");
}

/// One more every millisecond, for work of 20 ms on two connections.
AcquireTimeout overload()
{
    Stage stage(sized(2, 400ms));
    stage.server->delay("SELECT 2", 20ms);
    std::vector<Running*> asking;
    asio::steady_timer beat(stage.io);
    const auto failed = [&] {
        for (Running* one : asking)
            if (one->ended && one->failure) return one;
        return static_cast<Running*>(nullptr);
    };
    while (!failed()) {
        asking.push_back(&stage.go(execute(stage.pool(), "SELECT 2")));
        bool beaten = false;
        beat.expires_after(1ms);
        beat.async_wait([&](boost::system::error_code) { beaten = true; });
        stage.until([&] { return beaten; });
    }
    Running& first = *failed();
    stage.until([&] { return std::ranges::all_of(asking, [](Running* one) { return one->ended; }); });
    return stage.failure_of<AcquireTimeout>(first);
}

AcquireTimeout refused(const char* message, const char* sqlstate, std::size_t open_before)
{
    Stage stage(sized(open_before + 1));
    for (std::size_t i = 0; i < open_before; ++i) stage.enter_running("SELECT slow");
    stage.server->refuse(message, sqlstate);
    return stage.ask();
}

AcquireTimeout frozen()
{
    Stage stage(sized(1));
    stage.server->hold("CONNECT");
    return stage.ask();
}

AcquireTimeout slow_connects()
{
    Stage stage(sized(2, 10s));
    stage.server->delay("CONNECT", 300ms);
    stage.enter_running("SELECT slow");
    return stage.failure_of<AcquireTimeout>(stage.pool().within(200ms).execute("SELECT 1"));
}

asio::awaitable<void> ask_twice(Pool& pool)
{
    auto connection = co_await pool.acquire();
    co_await execute(pool, "SELECT 1");
}

AcquireTimeout nested()
{
    Options options = sized(1);
    options.nested = Options::Nested::allow;
    Stage stage(options);
    return stage.failure_of<AcquireTimeout>(ask_twice(stage.pool()));
}

const Scene scenes[] = {
    {"a_leaked_lease", AcquireCause::leak, [] { return leak(1); }},
    {"several_leaks", AcquireCause::leak, [] { return leak(4); }},
    {"one_slow_statement", AcquireCause::slow_holders, [] { return slow_statements(1); }},
    {"all_statements_slow", AcquireCause::slow_holders, [] { return slow_statements(4); }},
    {"transactions_that_wait_for_something_else", AcquireCause::idle_holders, idle_in_transaction},
    {"a_burst_larger_than_the_pool", AcquireCause::backlog, burst},
    {"steady_overload", AcquireCause::backlog, overload},
    {"server_refuses_connections", AcquireCause::connect_failing,
     [] { return refused("connection refused", "08001", 0); }},
    {"server_accepts_and_never_answers", AcquireCause::connect_failing, frozen},
    {"server_full", AcquireCause::connect_failing, [] { return refused("sorry, too many clients", "53300", 2); }},
    {"wrong_password", AcquireCause::connect_failing,
     [] { return refused("password authentication failed", "28P01", 0); }},
    {"slow_connects", AcquireCause::slow_connects, slow_connects},
    {"a_task_that_waits_for_itself", AcquireCause::nested, nested},
};

class AcquireTimeoutSays : public ::testing::TestWithParam<Scene> {};

TEST_P(AcquireTimeoutSays, why)
{
    const AcquireTimeout timeout = GetParam().stage();
    EXPECT_EQ(to_string(timeout.cause()), to_string(GetParam().verdict)) << timeout.what();
    EXPECT_EQ(timeout.outcome(), Outcome::not_sent);
    EXPECT_EQ(timeout.sqlstate(), "53300");
    RecordProperty("says", timeout.what());
}

INSTANTIATE_TEST_SUITE_P(Scenes, AcquireTimeoutSays, ::testing::ValuesIn(scenes),
                         [](const auto& scene) { return std::string(scene.param.name); });

// -- The evidence --------------------------------------------------------------

TEST(AcquireTimeout, of_a_leak_names_place_task_and_statement)
{
    const AcquireTimeout timeout = leak(1);
    ASSERT_EQ(timeout.dossier().holders.size(), 1u);
    const Holder& holder = timeout.dossier().holders[0];
    EXPECT_EQ(holder.task, "the hog");
    EXPECT_EQ(holder.statement, "SELECT 7");
    EXPECT_FALSE(holder.running);
    EXPECT_FALSE(holder.in_transaction);
    EXPECT_GE(holder.state_age, 20ms);
    EXPECT_TRUE(has(timeout.what(), "find what still owns the one of ")) << timeout.what();
}

TEST(AcquireTimeout, tells_a_statement_that_runs_from_a_holder_between_statements)
{
    const Holder running = slow_statements(1).dossier().holders.at(0);
    EXPECT_TRUE(running.running);
    EXPECT_EQ(running.statement, "SELECT slow");
    const Holder sitting = idle_in_transaction().dossier().holders.at(0);
    EXPECT_FALSE(sitting.running);
    EXPECT_TRUE(sitting.in_transaction);
    EXPECT_EQ(sitting.statement, "SELECT 8");
}

TEST(AcquireTimeout, of_a_burst_says_what_came_what_was_done_and_how_many_connections_it_took)
{
    const AcquireDossier dossier = burst().dossier();
    EXPECT_GT(dossier.arrivals_per_second, dossier.served_per_second);
    ASSERT_TRUE(dossier.held);
    EXPECT_GE(*dossier.held, 19ms);
    EXPECT_GE(dossier.place_in_line, 3u);
    EXPECT_EQ(dossier.ahead, 0u);
    ASSERT_TRUE(dossier.max_size_needed);
    EXPECT_GE(*dossier.max_size_needed, 3u);
}

TEST(AcquireTimeout, of_a_failing_connect_carries_the_failure_its_state_and_its_age)
{
    const AcquireTimeout timeout = refused("password authentication failed", "28P01", 0);
    EXPECT_TRUE(has(timeout.dossier().connect_error, "password authentication failed"));
    EXPECT_EQ(timeout.dossier().connect_sqlstate, "28P01");
    EXPECT_LE(timeout.dossier().connect_error_age, 20s);
    EXPECT_TRUE(has(timeout.what(), "Check user and password")) << timeout.what();
}

TEST(AcquireTimeout, of_a_frozen_server_says_how_long_the_attempt_has_been_under_way)
{
    const AcquireTimeout timeout = frozen();
    ASSERT_TRUE(timeout.dossier().oldest_attempt);
    EXPECT_GE(*timeout.dossier().oldest_attempt, 50ms);
    EXPECT_EQ(timeout.dossier().connect_error, "");
    EXPECT_TRUE(has(timeout.what(), "does not answer")) << timeout.what();
}

TEST(AcquireTimeout, of_a_nested_acquire_names_both_places)
{
    const AcquireTimeout timeout = nested();
    ASSERT_TRUE(timeout.dossier().keeps);
    EXPECT_TRUE(has(timeout.what(), "dossier_scenes_test.cpp:")) << timeout.what();
    EXPECT_TRUE(has(timeout.what(), "house.hpp:")) << timeout.what();
    EXPECT_TRUE(timeout.dossier().holders.at(0).waits_for_another);
}

TEST(AcquireTimeout, counts_the_line_as_it_was)
{
    Stage stage(sized(1, 10s));
    stage.enter_running("SELECT slow");
    for (int i = 0; i < 3; ++i) {
        stage.go(execute(stage.pool(), "SELECT 2"));
        stage.settle();
    }
    const auto timeout = stage.failure_of<AcquireTimeout>(stage.pool().within(20ms).execute("SELECT 1"));
    EXPECT_EQ(timeout.dossier().place_in_line, 4u);
    EXPECT_EQ(timeout.dossier().ahead, 3u);
    EXPECT_EQ(timeout.dossier().waiting, 3u);
    EXPECT_GE(timeout.dossier().waited, 20ms);
}

TEST(AcquireTimeout, is_a_copy_that_keeps_its_dossier)
{
    std::optional<AcquireTimeout> copy;
    {
        const AcquireTimeout timeout = slow_statements(1);
        copy = timeout;
    }
    EXPECT_EQ(copy->cause(), AcquireCause::slow_holders);
    const AcquireTimeout bare{ErrorInfo{}};
    EXPECT_EQ(bare.cause(), AcquireCause::unknown);
    EXPECT_TRUE(bare.dossier().holders.empty());
}

// -- The leak warning ------------------------------------------------------------

TEST(LeakWarning, says_once_for_each_lease_where_it_was_taken_and_what_it_ran)
{
    Options options = House::small(0, 1);
    options.leak_warning = 10ms;
    House house(options);
    for (int lease = 1; lease <= 2; ++lease) {
        bool holding = false, enough = false;
        Running& hogging = house.go(hog(house.pool(), holding, enough), "the hog");
        house.until([&] { return house.logged.size() == static_cast<std::size_t>(lease); });
        const std::string& warning = house.logged.back();
        EXPECT_TRUE(has(warning, "held for long")) << warning;
        EXPECT_TRUE(has(warning, "house.hpp:")) << warning;
        EXPECT_TRUE(has(warning, "task 'the hog'")) << warning;
        EXPECT_TRUE(has(warning, "between statements for")) << warning;
        EXPECT_TRUE(has(warning, "SELECT 7")) << warning;
        const auto later = std::chrono::steady_clock::now() + 30ms;
        house.until([&] { return std::chrono::steady_clock::now() >= later; });
        EXPECT_EQ(house.logged.size(), static_cast<std::size_t>(lease)) << "once";
        enough = true;
        house.finish(hogging);
    }
}

} // namespace
} // namespace trunkline::db
