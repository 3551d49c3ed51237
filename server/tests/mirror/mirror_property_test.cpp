// SPDX-License-Identifier: MIT
// The three properties that a copy has to have, over random messages and random failures. Each run prints its seed;
// TRUNKLINE_MIRROR_SEEDS=n runs more of them, TRUNKLINE_MIRROR_SEED=n that one alone.
#include <mirror/support/mirror_bed.hpp>

#include <cstdlib>
#include <random>

namespace trunkline::mirror {
namespace {

constexpr int seeds_in_a_test = 8;
constexpr int steps = 40;

/// What was saved, and must be there in the end.
struct Saved {
    Uuid conversation, message_id;
    Seen row;
    bool fits;
};

class Properties : public MirrorBed {
protected:
    explicit Properties(db::Engine engine) : MirrorBed(engine) {}
    void play(std::uint64_t seed);

private:
    template <class T>
    const T& any(const std::vector<T>& of)
    {
        return of[random_() % of.size()];
    }
    bool one_in(unsigned n) { return random_() % n == 0; }

    void save_some();
    outbox::MirrorPayload any_message(bool& fits);
    void some_time();
    void some_failure();
    void make_well();
    std::function<void()> maybe_dying();
    void expect_each_once();
    void expect_order();

    std::mt19937_64 random_;
    std::vector<Uuid> conversations_;
    std::vector<Saved> saved_;
    bool names_messages_ = false;
    bool twins_ = false; // most messages cannot be told apart
    std::unique_ptr<MysqlConnection> lock_;
};

outbox::MirrorPayload Properties::any_message(bool& fits)
{
    static const std::vector<std::string> texts{"",
                                                "ok",
                                                "ok",
                                                "OK",
                                                "ok ",
                                                "Ok\n",
                                                "Žluťoučký kůň",
                                                "🎈🎈🎈 👩‍👩‍👧",
                                                "e\u0301 é",
                                                "' OR '1'='1",
                                                "\"; DROP TABLE messages; --",
                                                "\\ \\n %s ?",
                                                "\t\r\n",
                                                std::string("nul-free \x01\x7f"),
                                                "日本語のメッセージ",
                                                "مرحبا",
                                                std::string(65535, 'z'),
                                                std::string(65532, 'z') + "é",
                                                std::string(65534, 'z') + "é"};
    outbox::MirrorPayload payload = inbound(any(texts));
    payload.direction = one_in(2) ? "in" : "out";
    payload.user_id = any<std::string>({"u1", "U1", "ú1", "u2"});
    payload.username = any<std::string>({"Ada", "Ada 🎈", payload.user_id});
    payload.created_at =
        Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) + std::chrono::milliseconds(random_() % 2'500);
    if (twins_) {
        payload.message = one_in(2) ? "ok" : "OK";
        payload.user_id = payload.username = "u1";
        payload.direction = "in";
    }
    fits = payload.message.size() <= 65535;
    return payload;
}

void Properties::save_some()
{
    for (auto left = random_() % 6; left > 0; --left) {
        Saved saved{any(conversations_), {}, {}, true};
        const auto payload = any_message(saved.fits);
        saved.message_id = payload.message_id;
        // Property 3: inbound is "in", outbound "out"; floored to the second.
        saved.row = {payload.user_id, payload.username, payload.direction, payload.message,
                     sql_second(payload.created_at)};
        const auto started = std::chrono::steady_clock::now();
        save(saved.conversation, payload); // Property 1: it succeeds, whatever state the other side is in
        EXPECT_LT(std::chrono::steady_clock::now() - started, 5s);
        saved_.push_back(std::move(saved));
    }
}

void Properties::some_time()
{
    const Time until = local.clock.now() + std::chrono::milliseconds(random_() % 3'000);
    const auto enough = std::chrono::steady_clock::now() + 100ms;
    pass_time_until([&] { return local.clock.now() >= until || std::chrono::steady_clock::now() >= enough; });
}

void Properties::some_failure()
{
    switch (random_() % 7) {
    case 0: return cut_sessions();
    case 1: return mysql().set_read_only(true);
    case 2: return mysql().set_read_only(false);
    case 3: return restart(maybe_dying());
    case 4: return one_in(2) ? cut_sessions() : void();
    case 5:
        if (lock_) return lock_.reset();
        stop();
        lock_ = std::make_unique<MysqlConnection>(config);
        mysql().set_read_only(false);
        lock_->connect();
        lock_->query("SELECT cast(get_lock(?, 5) AS CHAR)", {config.lock_name()});
        return start(maybe_dying());
    case 6:
        if (!one_in(4)) return;
        mysql().kill();
        save_some();
        some_time();
        lock_.reset();
        return mysql().start();
    }
}

std::function<void()> Properties::maybe_dying()
{
    if (one_in(2)) return [] {};
    return [this] {
        if (one_in(3)) throw std::runtime_error("killed");
    };
}

void Properties::make_well()
{
    lock_.reset();
    mysql().set_read_only(false);
    restart();
}

void Properties::expect_each_once()
{
    std::vector<Seen> expected, arrived = seen();
    for (const auto& saved : saved_)
        if (saved.fits) expected.push_back(saved.row);
    std::ranges::sort(expected);
    std::ranges::sort(arrived);
    EXPECT_EQ(arrived.size(), expected.size());
    EXPECT_TRUE(arrived == expected) << "not each message arrived exactly once, as it was";
    EXPECT_EQ(count("dead_at IS NOT NULL"), std::ranges::count(saved_, false, &Saved::fits));
}

void Properties::expect_order()
{
    for (const auto& conversation : conversations_) {
        std::string expected;
        for (const auto& saved : saved_)
            if (saved.fits && saved.conversation == conversation)
                expected += (expected.empty() ? "" : "\n") + to_string(saved.message_id);
        EXPECT_EQ(owner("SELECT message_id FROM messages WHERE conversation_id = '" + to_string(conversation) +
                        "' ORDER BY id"),
                  expected);
    }
}

void Properties::play(std::uint64_t seed)
{
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_.seed(seed);
    names_messages_ = seed % 2 == 0;
    twins_ = seed % 3 != 0;
    make_table(names_messages_ ? ", message_id CHAR(36), conversation_id CHAR(36)" : "",
               one_in(4) ? "ENGINE=Aria CHARSET=utf8mb4" : "ENGINE=InnoDB CHARSET=utf8mb4");
    for (int i = 0; i < 6; ++i) conversations_.push_back(db::new_uuid());
    start(maybe_dying());
    for (int step = 0; step < steps; ++step) {
        save_some();
        some_time();
        if (one_in(3)) some_failure();
        if (!deaths.empty()) restart(maybe_dying());
        for (const auto& death : deaths) EXPECT_EQ(death, "killed"); // Property 2: nothing else ends the worker
        deaths.clear();
    }
    make_well();
    pass_time_until_copied();
    expect_each_once();
    if (names_messages_) expect_order();
}

class EachSeed : public Properties, public ::testing::WithParamInterface<std::uint64_t> {
protected:
    EachSeed() : Properties(GetParam() % 4 == 3 ? db::Engine::postgresql : db::Engine::sqlite) {}
};

TEST_P(EachSeed, every_message_arrives_once_as_it_was_whatever_fails_in_between) { play(GetParam()); }

std::vector<std::uint64_t> seeds()
{
    if (const char* one = std::getenv("TRUNKLINE_MIRROR_SEED")) return {std::strtoull(one, nullptr, 10)};
    const char* wanted = std::getenv("TRUNKLINE_MIRROR_SEEDS");
    std::vector<std::uint64_t> all(wanted ? std::strtoull(wanted, nullptr, 10) : seeds_in_a_test);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i + 1;
    return all;
}

INSTANTIATE_TEST_SUITE_P(Mirror, EachSeed, ::testing::ValuesIn(seeds()));

} // namespace
} // namespace trunkline::mirror
