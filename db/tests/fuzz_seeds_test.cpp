// SPDX-License-Identifier: MIT
#include "../fuzz/decoders.hpp"
#include "../fuzz/placeholders.hpp"
#include "../fuzz/url.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

namespace trunkline::db::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr int mutations_of_a_seed = 300;

/// What the fuzzers check, over their seeds and what becomes of these when they are changed a little: not a search, but
/// enough to see that the promises are kept and the fuzzers still fit the code. The search is `tools/fuzz`.
class FuzzSeeds : public ::testing::Test {
protected:
    static std::vector<std::string> seeds(const char* of)
    {
        std::vector<fs::path> files;
        for (const auto& file : fs::directory_iterator(fs::path(__FILE__).parent_path() / "../fuzz/seeds" / of))
            files.push_back(file.path());
        std::ranges::sort(files);
        std::vector<std::string> seeds;
        for (const auto& file : files) {
            std::ifstream stream(file, std::ios::binary);
            seeds.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
        }
        return seeds;
    }

    std::size_t below(std::size_t end) { return random_() % end; }

    std::string changed(std::string text, const std::vector<std::string>& seeds)
    {
        static constexpr std::string_view telling = "$'\"\\/-*?@:&=%#,;[]E012 \n";
        for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
            const std::size_t at = below(text.size() + 1);
            switch (below(5)) {
            case 0: text.insert(at, 1, telling[below(telling.size())]); break;
            case 1: text.insert(at, 1, static_cast<char>(below(256))); break;
            case 2: text.erase(at, 1 + below(4)); break;
            case 3: text.insert(at, seeds[below(seeds.size())]); break;
            default: text = text.substr(at) + text.substr(0, at); break;
            }
        }
        return text;
    }

    void check_all(const char* of, void (*check)(std::string_view))
    {
        const auto seeds = FuzzSeeds::seeds(of);
        ASSERT_FALSE(seeds.empty());
        for (const std::string& seed : seeds) {
            check_one(seed, check);
            for (int i = 0; i < mutations_of_a_seed; ++i) check_one(changed(seed, seeds), check);
        }
    }

private:
    static void check_one(const std::string& input, void (*check)(std::string_view))
    {
        try {
            check(input);
        } catch (const std::exception& broken) {
            ADD_FAILURE() << broken.what() << "\nof the input " << ::testing::PrintToString(input);
        }
    }

    std::mt19937_64 random_{20261121};
};

TEST_F(FuzzSeeds, urls_keep_their_promises) { check_all("url", check_url); }
TEST_F(FuzzSeeds, two_scanners_find_the_same_placeholders) { check_all("placeholders", check_placeholders); }
TEST_F(FuzzSeeds, cells_are_read_or_refused) { check_all("decoders", check_decoders); }

TEST(FuzzPromises, a_promise_that_is_broken_is_seen)
{
    EXPECT_THROW(expect(false, "this holds", "an input"), Broken);
    EXPECT_THROW(expect_cell(postgres::int8_oid, "1", std::int64_t{2}), Broken);
    const SlowScanner slow("$1 '$2' $3");
    EXPECT_EQ(slow.summary.seen, 0b101u);
    EXPECT_EQ(slow.found.size(), 2u);
}

} // namespace
} // namespace trunkline::db::fuzz
