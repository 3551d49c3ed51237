// SPDX-License-Identifier: MIT
#include "uuid_sequence.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace trunkline::db {
namespace {

using std::chrono::milliseconds;
using Moment = std::chrono::sys_time<milliseconds>;

constexpr std::uint64_t counter_top = (std::uint64_t{1} << 42) - 1;

TEST(Uuid, the_text_form_is_read_in_either_case_and_written_in_lower_case)
{
    const auto id = Uuid::parse("0123ABCD-4567-89eF-0123-456789aBcDeF");
    ASSERT_TRUE(id);
    EXPECT_EQ(to_string(*id), "0123abcd-4567-89ef-0123-456789abcdef");
    EXPECT_EQ(id->bytes()[0], 0x01);
    EXPECT_EQ(id->bytes()[15], 0xef);
}

TEST(Uuid, any_other_form_is_nothing)
{
    for (const std::string_view text : {"", "0123abcd456789ef0123456789abcdef", "{123abcd-4567-89ef-0123-456789abcde}",
                                        "0123abcd-4567-89ef-0123-456789abcdeg", "0123abcd-4567-89ef-0123-456789abcdef0",
                                        "0123abcd-4567-89ef-01234-56789abcdef", "0123abcd-4567-89ef-0123-456789abcde",
                                        "-123abcd-4567-89ef-0123-456789abcdef", "0123abcd 4567-89ef-0123-456789abcdef"})
        EXPECT_FALSE(Uuid::parse(text)) << text;
    EXPECT_FALSE(Uuid::parse(std::string_view("\0"
                                              "123abcd-4567-89ef-0123-456789abcdef",
                                              36)));
}

TEST(Uuid, what_is_written_is_read_back)
{
    for (int i = 0; i < 1000; ++i) {
        const Uuid id = new_uuid();
        EXPECT_EQ(Uuid::parse(to_string(id)), id);
    }
}

TEST(Uuid, the_nil_uuid_is_the_default)
{
    EXPECT_TRUE(Uuid{}.is_nil());
    EXPECT_EQ(to_string(Uuid{}), "00000000-0000-0000-0000-000000000000");
    EXPECT_FALSE(new_uuid().is_nil());
}

// The example of RFC 9562, appendix A.6: 2022-02-22T19:22:22Z, rand_a CC3, rand_b 18C4DC0C0C07398F.
TEST(UuidSequence, the_bits_lie_where_rfc_9562_puts_them)
{
    UuidSequence sequence;
    const std::uint64_t rand_b = 0x18C4DC0C0C07398F;
    const std::uint64_t counter = std::uint64_t{0x4C3} << 30 | (rand_b >> 32 & 0x3fffffff);
    const Uuid id = sequence.next(Moment(milliseconds(0x017F22E279B0)), {counter, static_cast<std::uint32_t>(rand_b)});
    EXPECT_EQ(to_string(id), "017f22e2-79b0-74c3-98c4-dc0c0c07398f");
}

TEST(UuidSequence, ids_of_one_millisecond_ascend_whatever_chance_brings)
{
    UuidSequence sequence;
    const Moment now(milliseconds(1'700'000'000'000));
    Uuid last = sequence.next(now, {counter_top, 0xffffffff});
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        const Uuid id = sequence.next(now, {0, 0xffffffff - i});
        ASSERT_LT(last, id);
        last = id;
    }
}

TEST(UuidSequence, ids_ascend_when_the_clock_steps_back)
{
    UuidSequence sequence;
    const Uuid before = sequence.next(Moment(milliseconds(2000)), {counter_top, 0});
    const Uuid after = sequence.next(Moment(milliseconds(1000)), {0, 0});
    EXPECT_LT(before, after);
}

TEST(UuidSequence, a_new_millisecond_draws_the_counter_anew_below_its_half)
{
    UuidSequence sequence;
    const Uuid id = sequence.next(Moment(milliseconds(5)), {~std::uint64_t{0}, 0});
    EXPECT_EQ(to_string(id), "00000000-0005-77ff-bfff-ffff00000000");
    EXPECT_EQ(to_string(sequence.next(Moment(milliseconds(6)), {7, 9})), "00000000-0006-7000-8000-000700000009");
}

TEST(Uuid, new_ids_carry_version_7_the_variant_and_the_time)
{
    const auto before = std::chrono::floor<milliseconds>(std::chrono::system_clock::now()).time_since_epoch().count();
    const Uuid id = new_uuid();
    const auto after = std::chrono::floor<milliseconds>(std::chrono::system_clock::now()).time_since_epoch().count();
    std::int64_t time = 0;
    for (int i = 0; i < 6; ++i) time = time << 8 | id.bytes()[i];
    EXPECT_GE(time, before);
    EXPECT_LE(time, after + 1);
    EXPECT_EQ(id.bytes()[6] >> 4, 7);
    EXPECT_EQ(id.bytes()[8] >> 6, 2);
}

TEST(Uuid, ids_made_by_several_threads_are_all_different_and_ascend_in_each)
{
    constexpr int threads = 4, each = 5000;
    std::vector<std::vector<Uuid>> made(threads);
    std::vector<std::thread> makers;
    for (auto& mine : made)
        makers.emplace_back([&mine] {
            for (int i = 0; i < each; ++i) mine.push_back(new_uuid());
        });
    for (auto& maker : makers) maker.join();

    std::set<Uuid> all;
    for (const auto& mine : made) {
        EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
        all.insert(mine.begin(), mine.end());
    }
    EXPECT_EQ(all.size(), std::size_t{threads} * each);
}

TEST(Uuid, it_is_a_key_of_unordered_containers)
{
    const Uuid id = new_uuid();
    EXPECT_EQ(std::hash<Uuid>{}(id), std::hash<Uuid>{}(*Uuid::parse(to_string(id))));
    EXPECT_NE(std::hash<Uuid>{}(id), std::hash<Uuid>{}(Uuid{}));
}

} // namespace
} // namespace trunkline::db
