// SPDX-License-Identifier: MIT
#include <events/hub.hpp>

#include <base/task_group.hpp>
#include <support/database.hpp>
#include <trunkline/db/error.hpp>

#include <gtest/gtest.h>

#include <list>

namespace trunkline::events {

namespace {

using Names = std::vector<std::string>;

/// A browser: what it was told, and whether its stream has ended.
struct Browser {
    std::unique_ptr<Subscription> subscription;
    std::vector<Heard> heard;
    bool ended = false;

    Names names() const
    {
        Names names;
        for (const Heard& each : heard) names.push_back(each.name);
        return names;
    }
    const std::string& last_id() const { return heard.back().id; }
};

asio::awaitable<void> listen(Browser& browser)
{
    while (auto next = co_await browser.subscription->next()) browser.heard.push_back(std::move(*next));
    browser.ended = true;
}

struct HubTest : ::testing::Test {
    asio::io_context io{1};
    std::optional<Hub> hub{std::in_place, io.get_executor()};
    std::list<Browser> browsers; // live for as long as somebody may read them
    TaskGroup readers{io.get_executor(), [](std::string_view, std::exception_ptr) {}};
    const Uuid tenant = db::new_uuid(), other_tenant = db::new_uuid();
    const Listener ada{tenant, db::new_uuid(), db::new_uuid(), false};
    const Listener charles{tenant, db::new_uuid(), db::new_uuid(), false};
    const Listener alan{tenant, db::new_uuid(), db::new_uuid(), true};
    const Listener stranger{other_tenant, db::new_uuid(), db::new_uuid(), true};

    ~HubTest() override
    {
        readers.cancel();
        settle();
        EXPECT_EQ(readers.size(), 0u);
    }
    void settle()
    {
        io.restart();
        io.poll();
    }
    /// A browser that is not read yet: `read` lets it catch up.
    Browser& open(const Listener& listener, std::optional<std::string> last_id = {})
    {
        return browsers.emplace_back(Browser{hub->subscribe(listener, last_id), {}, false});
    }
    /// Reads until nothing more comes, and stops reading.
    void read(Browser& browser)
    {
        readers.start("browser", listen(browser));
        settle();
        readers.cancel();
        settle();
    }
    void tell(const Listener& to, std::string name, std::string data = "{}")
    {
        hub->publish({std::move(name), std::move(data), to.tenant_id, to.user_id, {}});
    }
    void tell_staff(const Uuid& of, std::string name) { hub->publish({std::move(name), "{}", of, {}, {}}); }
    void tell_watchers(const Listener& to, const Uuid& run, std::string name)
    {
        hub->publish({std::move(name), "{}", to.tenant_id, to.user_id, run});
    }
    /// The names a browser is told that comes back with `last_id`.
    Names told_again(const Listener& listener, const std::string& last_id)
    {
        Browser& back = open(listener, last_id);
        read(back);
        return back.names();
    }
};

} // namespace

TEST_F(HubTest, a_browser_hears_hello_and_then_what_happens_in_its_order)
{
    Browser& browser = open(ada);
    for (const char* name : {"one", "two", "three"}) tell(ada, name, R"({"n":")" + std::string(name) + "\"}");
    read(browser);
    EXPECT_EQ(browser.names(), (Names{"hello", "one", "two", "three"}));
    EXPECT_EQ(browser.heard[2].data, R"({"n":"two"})");
    tell(ada, "four");
    read(browser);
    EXPECT_EQ(browser.names().back(), "four");
    EXPECT_FALSE(browser.ended);
}

TEST_F(HubTest, a_browser_that_waits_is_woken)
{
    Browser& browser = open(ada);
    readers.start("browser", listen(browser));
    settle();
    EXPECT_EQ(browser.names(), Names{"hello"});
    tell(ada, "one");
    settle();
    EXPECT_EQ(browser.names(), (Names{"hello", "one"}));
}

TEST_F(HubTest, ids_count_on_from_the_hello_and_name_the_process)
{
    tell(ada, "before");
    Browser& browser = open(ada);
    tell(ada, "one");
    tell(charles, "not hers");
    tell(ada, "two");
    read(browser);
    const std::string boot = browser.heard[0].id.substr(0, browser.heard[0].id.rfind('-'));
    EXPECT_EQ(browser.heard[0].data, R"({"boot":")" + boot + R"("})");
    EXPECT_EQ(browser.heard[0].id, boot + "-1");
    EXPECT_EQ(browser.heard[1].id, boot + "-2");
    EXPECT_EQ(browser.heard[2].id, boot + "-4");
}

TEST_F(HubTest, what_is_for_a_user_is_for_nobody_else)
{
    Browser& hers = open(ada);
    Browser& his = open(charles);
    Browser& staffs = open(alan);
    Browser& strangers = open(stranger);
    tell(ada, "private");
    tell_staff(tenant, "for staff");
    hub->publish({"a user of another tenant", "{}", other_tenant, ada.user_id, {}});
    for (Browser* browser : {&hers, &his, &staffs, &strangers}) read(*browser);
    EXPECT_EQ(hers.names(), (Names{"hello", "private"}));
    EXPECT_EQ(his.names(), Names{"hello"});
    EXPECT_EQ(staffs.names(), (Names{"hello", "for staff"}));
    EXPECT_EQ(strangers.names(), Names{"hello"});
}

TEST_F(HubTest, a_user_hears_in_every_browser)
{
    const Listener second{tenant, ada.user_id, db::new_uuid(), false};
    Browser& one = open(ada);
    Browser& two = open(second);
    tell(ada, "private");
    for (Browser* browser : {&one, &two}) read(*browser);
    EXPECT_EQ(one.names(), (Names{"hello", "private"}));
    EXPECT_EQ(two.names(), (Names{"hello", "private"}));
}

// -- Runs that are watched ----------------------------------------------------

TEST_F(HubTest, pieces_of_a_run_are_for_browsers_with_a_tab_that_watches_it)
{
    const Uuid run = db::new_uuid(), other_run = db::new_uuid(), tab = db::new_uuid(), other_tab = db::new_uuid();
    const Listener second{tenant, ada.user_id, db::new_uuid(), false};
    Browser& one = open(ada);
    Browser& two = open(second);
    tell_watchers(ada, run, "unwatched");
    hub->watch(ada.session_id, tab, {run});
    hub->watch(ada.session_id, other_tab, {other_run});
    hub->watch(second.session_id, tab, {other_run});
    tell_watchers(ada, run, "watched");
    hub->watch(ada.session_id, tab, {other_run}); // instead of the one before
    tell_watchers(ada, run, "no longer");
    hub->watch(ada.session_id, tab, {});
    tell_watchers(ada, other_run, "in the other tab");
    hub->watch(ada.session_id, other_tab, {});
    tell_watchers(ada, other_run, "nowhere");
    for (Browser* browser : {&one, &two}) read(*browser);
    EXPECT_EQ(one.names(), (Names{"hello", "watched", "in the other tab"}));
    EXPECT_EQ(two.names(), (Names{"hello", "in the other tab", "nowhere"}));
}

TEST_F(HubTest, watching_anothers_run_shows_nothing)
{
    const Uuid run = db::new_uuid();
    Browser& his = open(charles);
    hub->watch(charles.session_id, db::new_uuid(), {run});
    tell_watchers(ada, run, "hers");
    read(his);
    EXPECT_EQ(his.names(), Names{"hello"});
}

TEST_F(HubTest, a_run_that_ended_is_watched_by_nobody)
{
    const Uuid run = db::new_uuid(), other_run = db::new_uuid();
    Browser& browser = open(ada);
    hub->watch(ada.session_id, db::new_uuid(), {run, other_run});
    hub->forget_run(run);
    tell_watchers(ada, run, "ended");
    tell_watchers(ada, other_run, "still");
    read(browser);
    EXPECT_EQ(browser.names(), (Names{"hello", "still"}));
}

// -- Coming back --------------------------------------------------------------

TEST_F(HubTest, a_browser_that_comes_back_hears_what_it_missed)
{
    Browser& browser = open(ada);
    tell(ada, "one");
    read(browser);
    const std::string last = browser.last_id();
    browser.subscription.reset();
    EXPECT_EQ(hub->listeners(), 0u);
    tell(ada, "two");
    tell(charles, "his");
    tell_staff(tenant, "for staff");
    tell(ada, "three");
    EXPECT_EQ(told_again(ada, last), (Names{"hello", "two", "three"}));
    EXPECT_EQ(told_again(charles, last), (Names{"hello", "his"}));
}

TEST_F(HubTest, one_that_missed_nothing_hears_only_hello)
{
    tell(ada, "one");
    Browser& browser = open(ada);
    read(browser);
    EXPECT_EQ(told_again(ada, browser.last_id()), Names{"hello"}); // the id of a hello is a place too
    EXPECT_EQ(told_again(ada, ""), Names{"hello"});
}

TEST_F(HubTest, an_id_that_is_none_of_this_process_is_one_sync)
{
    tell(ada, "one");
    Browser& browser = open(ada);
    read(browser);
    const std::string id = browser.last_id();
    const std::string boot = id.substr(0, id.rfind('-'));
    const Names sync{"hello", "sync"};
    for (const std::string& wrong :
         {std::string("0192f3a4-5678-1"), boot + "-2", boot + "-x", boot + "-", boot, std::string("1"),
          std::string("-"), boot + "-99999999999999999999999", boot + "--1"})
        EXPECT_EQ(told_again(ada, wrong), sync) << wrong;
}

TEST_F(HubTest, the_last_ten_thousand_are_kept_and_one_who_missed_more_hears_sync)
{
    Browser& browser = open(ada);
    tell(charles, "first");
    read(browser);
    const std::string boot = browser.last_id().substr(0, browser.last_id().rfind('-'));
    for (std::size_t i = 0; i < Hub::ring_max; ++i) tell(charles, "next"); // 1 is lost, 2 is the oldest
    EXPECT_EQ(told_again(ada, boot + "-0"), (Names{"hello", "sync"}));
    EXPECT_EQ(told_again(ada, boot + "-1"), Names{"hello"});
    tell(charles, "last");
    EXPECT_EQ(told_again(ada, boot + "-1"), (Names{"hello", "sync"}));
    EXPECT_EQ(told_again(charles, boot + "-" + std::to_string(Hub::ring_max)), (Names{"hello", "next", "last"}));
}

// -- Slow browsers -------------------------------------------------------------

TEST_F(HubTest, a_browser_that_is_too_slow_hears_one_sync_and_goes_on_from_there)
{
    Browser& slow = open(ada);
    Browser& quick = open(ada);
    const std::string kilobyte(1'024, 'x');
    for (int i = 0; i < 1'000; ++i) {
        tell(ada, "piece", kilobyte);
        if (i % 100 == 0) read(quick);
    }
    tell(ada, "last");
    read(slow);
    read(quick);
    EXPECT_EQ(std::ranges::count(quick.names(), "piece"), 1'000);
    EXPECT_EQ(std::ranges::count(quick.names(), "sync"), 0);
    const Names names = slow.names();
    EXPECT_EQ(names.front(), "sync"); // everything before it is gone, the hello too
    EXPECT_EQ(std::ranges::count(names, "sync"), 1);
    EXPECT_EQ(names.back(), "last");
    EXPECT_LT(std::ranges::count(names, "piece"), 256);
    tell(ada, "after");
    read(slow);
    EXPECT_EQ(slow.names().back(), "after");
}

TEST_F(HubTest, what_follows_a_sync_of_a_slow_browser_has_no_gap)
{
    Browser& slow = open(ada);
    for (int i = 0; i < 700; ++i) tell(ada, "piece", std::string(1'024, 'x'));
    read(slow);
    ASSERT_EQ(slow.names().front(), "sync");
    const auto number = [](const std::string& id) { return std::stoll(id.substr(id.rfind('-') + 1)); };
    for (std::size_t i = 1; i < slow.heard.size(); ++i)
        EXPECT_EQ(number(slow.heard[i].id), number(slow.heard[i - 1].id) + 1);
    EXPECT_EQ(number(slow.last_id()), 700);
}

// -- Ends ---------------------------------------------------------------------

TEST_F(HubTest, a_session_that_was_revoked_hears_so_and_its_streams_end)
{
    const Listener second{tenant, ada.user_id, db::new_uuid(), false};
    Browser& gone = open(ada);
    Browser& stays = open(second);
    tell(ada, "before");
    hub->end_session(ada.session_id);
    tell(ada, "after");
    read(gone);
    read(stays);
    EXPECT_EQ(gone.names(), (Names{"hello", "before", "signed_out"}));
    EXPECT_TRUE(gone.ended);
    EXPECT_EQ(stays.names(), (Names{"hello", "before", "after"}));
    EXPECT_FALSE(stays.ended);
}

TEST_F(HubTest, closing_ends_all_streams_and_those_that_come_later)
{
    Browser& waits = open(ada);
    Browser& has_something = open(charles);
    readers.start("browser", listen(waits));
    settle();
    tell(charles, "one");
    hub->close();
    settle();
    EXPECT_TRUE(waits.ended);
    read(has_something);
    EXPECT_EQ(has_something.names(), (Names{"hello", "one"})); // what was told before is still heard
    EXPECT_TRUE(has_something.ended);
    Browser& late = open(ada);
    read(late);
    EXPECT_TRUE(late.ended);
}

TEST_F(HubTest, a_subscription_may_outlive_its_hub)
{
    Browser& browser = open(ada);
    hub.reset();
    read(browser);
    EXPECT_TRUE(browser.ended);
    browser.subscription.reset();
}

TEST_F(HubTest, one_that_leaves_is_told_nothing_more)
{
    open(ada);
    EXPECT_EQ(hub->listeners(), 1u);
    browsers.clear();
    EXPECT_EQ(hub->listeners(), 0u);
    tell(ada, "one");
}

TEST(HubAndPool, nobody_waits_for_an_event_with_a_connection_in_hand)
{
    trunkline::testing::Database database;
    Hub hub(database.io.get_executor());
    const auto subscription = hub.subscribe({db::new_uuid(), db::new_uuid(), db::new_uuid(), false}, std::nullopt);
    std::string refused;
    auto wait_with_one = [](db::Pool& pool, Subscription& subscription) -> asio::awaitable<void> {
        const auto connection = co_await pool.acquire();
        (void)co_await subscription.next();
    };
    TaskGroup tasks(database.io.get_executor(), [&](std::string_view, std::exception_ptr why) {
        try {
            std::rethrow_exception(why);
        } catch (const db::UsageError& failure) {
            refused = failure.what();
        }
    });
    tasks.start("viewer", wait_with_one(database.pool(), *subscription));
    database.until([&] { return tasks.size() == 0; });
    EXPECT_NE(refused.find("an event"), std::string::npos) << refused;
}

} // namespace trunkline::events
