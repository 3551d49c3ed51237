// SPDX-License-Identifier: MIT
#include <support/fault_scene.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>
#include <trunkline/db/grouped.hpp>
#include <trunkline/db/task.hpp>

#include <algorithm>

#include <unistd.h>

/// libpq forgets a result that it was building when the replies make no sense; here they often do not. Everywhere else
/// its results are looked after like all others.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libpq.so\n"; }

namespace trunkline::db::testing {
namespace {

// What poolers have been seen to do: replies vanish, or come to the wrong question. Each statement here asks for its
// own parameter, so that an answer that is believed and belongs to another is seen.

constexpr auto stop_limit = 2s;
constexpr auto longest = FaultScene::command_timeout + stop_limit + 1s;

asio::awaitable<void> prepare_statements(FaultScene& scene)
{
    auto number = co_await scene.pool().fetch_value<std::int64_t>("SELECT $1::int8", std::int64_t{0});
    scene.note(std::int64_t{0}, number);
}

/// Until the text is known to be short, so that those who come then share.
asio::awaitable<void> prepare_sharing(FaultScene& scene)
{
    for (int i = 0; i < 10; ++i) co_await prepare_statements(scene);
}

asio::awaitable<void> one_statement(FaultScene& scene)
{
    for (std::int64_t wanted = 1; wanted <= 3; ++wanted) {
        auto number = co_await scene.pool().fetch_value<std::int64_t>("SELECT $1::int8", wanted);
        scene.note(wanted, number);
    }
}

asio::awaitable<void> leave_session_state(FaultScene& scene)
{
    auto connection = co_await scene.pool().acquire();
    auto number = co_await connection.fetch_value<std::int64_t>("SELECT $1::int8", std::int64_t{0});
    scene.note(std::int64_t{0}, number);
}

/// Each result of a unit has its one row; if not, the rest cannot be looked at.
bool has_all(FaultScene& scene, const std::vector<Result>& results, std::size_t wanted)
{
    const bool all = results.size() == wanted &&
                     std::ranges::all_of(results, [](const Result& result) { return result.size() == 1; });
    scene.note(true, all);
    return all;
}

asio::awaitable<void> unit_of_different_questions(FaultScene& scene)
{
    Batch batch;
    batch.add("INSERT INTO faults VALUES ($1) RETURNING id", scene.id());
    batch.add("SELECT $1::text AS name", std::string_view(scene.name()));
    batch.add("SELECT $1::int8 AS number, 2 AS two", std::int64_t{42});
    auto results = co_await scene.pool().run(std::move(batch));
    if (!has_all(scene, results, 3)) co_return;
    scene.note(scene.id(), results.at(0).as<Uuid>(0));
    scene.note(scene.name(), results.at(1)[0].get<std::string>("name"));
    scene.note(std::int64_t{42}, results.at(2)[0].get<std::int64_t>("number"));
}

asio::awaitable<void> unit_of_equal_questions(FaultScene& scene)
{
    Batch batch;
    for (std::int64_t number = 1; number <= 4; ++number) batch.add("SELECT $1::int8", number);
    auto results = co_await scene.pool().run(std::move(batch));
    if (!has_all(scene, results, 4)) co_return;
    for (std::int64_t number = 1; number <= 4; ++number)
        scene.note(number, results.at(static_cast<std::size_t>(number - 1)).as<std::int64_t>(0));
}

asio::awaitable<void> ask(Executor& db, FaultScene& scene, std::int64_t wanted, std::size_t& ended,
                          std::exception_ptr& failure)
{
    try {
        auto number = co_await db.fetch_value<std::int64_t>("SELECT $1::int8", wanted);
        scene.note(wanted, number);
    } catch (...) {
        failure = std::current_exception();
    }
    ++ended;
}

asio::awaitable<void> many_strangers(FaultScene& scene, Executor& db)
{
    constexpr std::size_t strangers = 8;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::steady_timer pause(executor);
    std::size_t ended = 0;
    std::exception_ptr failure;
    for (std::size_t i = 0; i < strangers; ++i)
        asio::co_spawn(executor, ask(db, scene, static_cast<std::int64_t>(i), ended, failure),
                       [](std::exception_ptr) {});
    while (ended < strangers) {
        pause.expires_after(2ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
    if (failure) std::rethrow_exception(failure);
}

asio::awaitable<void> many_strangers(FaultScene& scene) { return many_strangers(scene, scene.pool()); }

asio::awaitable<void> strangers_in_groups(FaultScene& scene)
{
    Grouped grouped(scene.pool());
    co_await many_strangers(scene, grouped);
}

struct Pipeline {
    std::string name;
    asio::awaitable<void> (*prepare)(FaultScene&);
    asio::awaitable<void> (*act)(FaultScene&);
    bool writes;
};

const Pipeline pipelines[] = {{"one_statement", prepare_statements, one_statement, false},
                              {"behind_a_reset", leave_session_state, one_statement, false},
                              {"unit_of_different_questions", prepare_statements, unit_of_different_questions, true},
                              {"unit_of_equal_questions", prepare_statements, unit_of_equal_questions, false},
                              {"many_strangers", prepare_statements, many_strangers, false},
                              {"strangers_who_share", prepare_sharing, many_strangers, false},
                              {"strangers_in_groups", prepare_sharing, strangers_in_groups, false}};

void PrintTo(const Pipeline& pipeline, std::ostream* out) { *out << pipeline.name; }

struct FaultyPipeline : ::testing::TestWithParam<Pipeline> {
    // A library that waits by itself would hold this thread, and nothing on it could say that time is up.
    FaultyPipeline() { ::alarm(120); }
    ~FaultyPipeline() override { ::alarm(0); }

    FaultStage stage{GetParam().prepare, GetParam().act, GetParam().writes};

    /// At each message, reply and turn of the exchange.
    void add_pieces(const std::string& name, void (FaultProxy::*deed)(Spot))
    {
        const auto said = stage.undisturbed();
        std::size_t messages = 0, replies = 0, turns = 0;
        for (const auto& one : said) {
            if (one.from == From::client) continue;
            ++messages;
            if (one.type == 'C') ++replies;
            if (one.type == 'Z') ++turns;
        }
        const auto add = [&](const char* what, Spot spot) {
            stage.add(name + what + std::to_string(spot.nth), [=](FaultProxy& proxy) { (proxy.*deed)(spot); });
        };
        for (std::size_t nth = 1; nth <= std::min<std::size_t>(messages, 60); ++nth)
            add(" message ", before(From::server, {}, nth));
        for (std::size_t nth = 1; nth <= replies; ++nth) add(" reply ", reply(nth));
        for (std::size_t nth = 1; nth <= turns; ++nth) add(" turn ", turn(nth));
    }
    static void expect_in_time(const FaultScene& scene) { EXPECT_LT(scene.took(), 3 * longest) << scene.story(); }
};

INSTANTIATE_TEST_SUITE_P(Each, FaultyPipeline, ::testing::ValuesIn(pipelines),
                         [](const auto& info) { return info.param.name; });

TEST_P(FaultyPipeline, a_reply_that_vanished_is_missed_and_no_other_is_taken_for_it)
{
    add_pieces("drop", &FaultProxy::drop);
    stage.play(expect_in_time);
}

TEST_P(FaultyPipeline, replies_that_changed_places_are_never_believed)
{
    add_pieces("swap", &FaultProxy::swap);
    stage.play(expect_in_time);
}

} // namespace
} // namespace trunkline::db::testing
