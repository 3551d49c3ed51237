// SPDX-License-Identifier: MIT
// Who is woken when: behind the callers that were just answered, or in a turn of the loop.
#include <support/house.hpp>

#include <hand_over.hpp>

#include <functional>
#include <stdexcept>

namespace trunkline::db::detail {
namespace {

using namespace std::chrono_literals;
using testing::House;

class HandOverOfSleepers : public ::testing::Test {
protected:
    /// Somebody who says his name when he is woken, and does what follows.
    SleeperPtr sleeper(std::string name, std::function<void()> then = {})
    {
        class Named final : public Sleeper {
        public:
            Named(std::vector<std::string>& said, std::string name, std::function<void()> then)
                : said_(said), name_(std::move(name)), then_(std::move(then))
            {}
            void wake(const asio::any_io_executor&) override
            {
                said_.push_back(name_);
                if (then_) then_();
            }

        private:
            std::vector<std::string>& said_;
            std::string name_;
            std::function<void()> then_;
        };
        return std::make_unique<Named>(said_, std::move(name), std::move(then));
    }
    void wake(std::string name, std::function<void()> then = {})
    {
        HandOver::wake(sleeper(std::move(name), std::move(then)), here_);
    }
    std::vector<std::string> said(std::initializer_list<const char*> names) const
    {
        return {names.begin(), names.end()};
    }

    asio::io_context io_;
    const asio::any_io_executor here_ = io_.get_executor();
    std::vector<std::string> said_;
};

TEST_F(HandOverOfSleepers, outside_of_one_each_has_a_turn)
{
    wake("first");
    EXPECT_EQ(said_, said({}));
    io_.poll();
    EXPECT_EQ(said_, said({"first"}));
}

TEST_F(HandOverOfSleepers, inside_they_are_woken_at_its_end_before_what_stood_in_line)
{
    asio::post(io_, [&] {
        HandOver hand_over(here_);
        wake("first");
        wake("second");
        said_.push_back("the caller");
        hand_over.finish();
    });
    asio::post(io_, [&] { said_.push_back("the next answer"); });
    io_.poll();
    EXPECT_EQ(said_, said({"the caller", "first", "second", "the next answer"}));
}

TEST_F(HandOverOfSleepers, whom_a_woken_one_wakes_has_a_turn_so_that_nobody_keeps_the_loop)
{
    asio::post(io_, [&] {
        HandOver hand_over(here_);
        wake("first", [this] { wake("his neighbour"); });
        hand_over.finish();
    });
    asio::post(io_, [&] { said_.push_back("the next answer"); });
    io_.poll();
    EXPECT_EQ(said_, said({"first", "the next answer", "his neighbour"}));
}

TEST_F(HandOverOfSleepers, who_waits_elsewhere_has_a_turn_there)
{
    asio::io_context other;
    HandOver hand_over(here_);
    HandOver::wake(sleeper("elsewhere"), other.get_executor());
    hand_over.finish();
    EXPECT_EQ(said_, said({}));
    other.poll();
    EXPECT_EQ(said_, said({"elsewhere"}));
}

TEST_F(HandOverOfSleepers, when_one_throws_the_others_have_a_turn)
{
    asio::post(io_, [&] {
        HandOver hand_over(here_);
        wake("first", [] { throw std::runtime_error("a caller's own"); });
        wake("second");
        hand_over.finish();
    });
    EXPECT_THROW(io_.poll(), std::runtime_error);
    EXPECT_EQ(said_, said({"first"}));
    io_.poll();
    EXPECT_EQ(said_, said({"first", "second"}));
    wake("third"); // nothing of it is left on this thread
    EXPECT_EQ(said_, said({"first", "second"}));
}

TEST_F(HandOverOfSleepers, who_is_never_woken_goes_with_the_loop)
{
    const auto kept = std::make_shared<int>();
    {
        asio::io_context short_lived;
        HandOver::wake(sleeper("nobody", [kept] {}), short_lived.get_executor());
        EXPECT_EQ(kept.use_count(), 2);
    }
    EXPECT_EQ(kept.use_count(), 1);
    EXPECT_EQ(said_, said({}));
}

// -- In a pool's line ------------------------------------------------------------

asio::awaitable<void> ask(std::shared_ptr<Pool> pool, std::shared_ptr<int>) { co_await pool->execute("SELECT 1"); }

TEST(WaitersOfAPool, who_waits_without_end_goes_with_the_loop)
{
    Options options = House::small();
    options.acquire_timeout = std::chrono::floor<std::chrono::milliseconds>(std::chrono::nanoseconds::max());
    const auto server = std::make_shared<testing::FakeServer>();
    server->hold("CONNECT");
    const auto kept = std::make_shared<int>();
    {
        asio::io_context io;
        auto pool = std::make_shared<Pool>(io.get_executor(), options, testing::fake_driver(server));
        for (int i = 0; i < 3; ++i) asio::co_spawn(io, ask(pool, kept), [](std::exception_ptr) {});
        io.poll();
        EXPECT_EQ(pool->stats().waiting, 3u);
        pool.reset(); // theirs, now
        EXPECT_EQ(kept.use_count(), 4);
    }
    EXPECT_EQ(kept.use_count(), 1);
}

TEST(WaitersOfAPool, who_is_cancelled_as_he_is_served_gives_the_connection_on)
{
    House house;
    auto held = std::make_optional(house.get(house.pool().acquire()));
    auto& first = house.go(testing::execute(house.pool(), "SELECT 1"));
    auto& second = house.go(testing::execute(house.pool(), "SELECT 2"));
    house.settle();
    EXPECT_EQ(house.pool().stats().waiting, 2u);
    asio::post(house.io, [&] {
        held.reset(); // served: his turn is yet to come
        first.stop.emit(asio::cancellation_type::terminal);
    });
    house.until([&] { return first.ended && second.ended; });
    EXPECT_TRUE(first.failure);
    EXPECT_FALSE(second.failure);
    EXPECT_TRUE(house.idle());
}

} // namespace
} // namespace trunkline::db::detail
