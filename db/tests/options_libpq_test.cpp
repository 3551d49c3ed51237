// SPDX-License-Identifier: MIT
// What a URL says to libpq is left as it was: libpq itself is the judge.
#include <trunkline/db/error.hpp>
#include <trunkline/db/options.hpp>

#include <gtest/gtest.h>

#include <libpq-fe.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>

namespace trunkline::db {
namespace {

using Settings = std::map<std::string, std::string>;

/// How libpq understands a URL; nothing when it refuses it.
std::optional<Settings> as_libpq_reads(const std::string& url)
{
    char* refusal = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), &refusal),
                                                                               &PQconninfoFree);
    const std::unique_ptr<char, decltype(&PQfreemem)> said(refusal, &PQfreemem);
    if (!options) return std::nullopt;
    Settings settings;
    for (const PQconninfoOption* option = options.get(); option->keyword; ++option)
        if (option->val) settings[option->keyword] = option->val;
    return settings;
}

/// A URL of pieces that both understand, with parameters of ours strewn in, and the same without them.
struct Strewn {
    std::string url, without;

    explicit Strewn(std::mt19937& random)
    {
        static const std::vector<std::string> locations{
            "postgresql://",
            "postgres://",
            "postgresql:///crm",
            "postgresql://ada@h",
            "postgresql://ada:s3cret@db.crm.example.test:5432/crm",
            "postgresql://a%40b:p%3A%2F%3F%23%26@h/my%20db",
            "postgresql://u:@h:1,[::1]:2,i/db",
            "postgresql://%2Fvar%2Frun%2Fpostgresql/db",
            "postgresql://[2001:db8::1]/db",
        };
        static const std::vector<std::string> theirs{
            "sslmode=verify-full",
            "sslrootcert=%2Fetc%2Fca%20of%20ours.pem",
            "keepalives=1",
            "keepalives_idle=30",
            "target_session_attrs=read-write",
            "options=-c%20geqo%3Doff",
            "tcp_user_timeout=5000",
            "gssencmode=disable",
            "passfile=/home/ada/.pgpass",
            "fallback_application_name=x",
            "channel_binding=prefer",
            "krbsrvname=postgres",
            "ssl_min_protocol_version=TLSv1.2",
            "sslpassword=a%26b%3Dc",
            "service=",
        };
        static const std::vector<std::string> ours{"min_size=1",
                                                   "pool_max=9",
                                                   "acquire_timeout=5s",
                                                   "raw_sql=true",
                                                   "no_prepare=true",
                                                   "pool_recycle=600",
                                                   "sharing=off",
                                                   "pooler=session",
                                                   "statement_cache_size=7",
                                                   "isolation=serializable",
                                                   "max_idle=60",
                                                   "max_queries=3"};
        url = without = locations[random() % locations.size()];
        std::vector<std::string> all = theirs;
        all.insert(all.end(), ours.begin(), ours.end());
        std::shuffle(all.begin(), all.end(), random);
        char separator = '?', separator_without = '?';
        for (const auto& parameter : all) {
            if (random() % 3 != 0) continue;
            url += separator + parameter;
            separator = '&';
            if (std::find(ours.begin(), ours.end(), parameter) != ours.end()) continue;
            without += separator_without + parameter;
            separator_without = '&';
        }
    }
};

TEST(OptionsBesideLibpq, what_is_not_ours_reaches_libpq_with_the_same_meaning)
{
    std::mt19937 random(20261128);
    for (int i = 0; i < 4'000; ++i) {
        const Strewn strewn(random);
        const auto meant = as_libpq_reads(strewn.without);
        ASSERT_TRUE(meant) << strewn.without;
        ASSERT_EQ(as_libpq_reads(Options::parse(strewn.url).target), meant) << strewn.url;
    }
}

TEST(OptionsBesideLibpq, libpq_alone_would_refuse_every_parameter_of_ours)
{
    for (const char* ours : {"raw_sql=true", "no_prepare=true", "statement_cache_size=0", "min_size=1", "pooler=auto"})
        EXPECT_FALSE(as_libpq_reads("postgresql://h/db?" + std::string(ours))) << ours;
}

TEST(OptionsBesideLibpq, what_is_accepted_here_libpq_accepts_as_well)
{
    constexpr std::string_view pieces[]{
        "/", "?",    "&",  "=",  "@",     ":",       ",",       "%41", "%2F", "[",          "]",      "[::1]", "u",
        "h", "5432", "db", "::", "user=", "host=a&", "sslmode", ".",   "-",   "min_size=1", "port=1", "~",     "65535"};
    std::mt19937 random(20261129);
    int accepted = 0;
    for (int i = 0; i < 50'000; ++i) {
        std::string url = "postgresql://";
        for (std::size_t n = random() % 9; n > 0; --n) url += pieces[random() % std::size(pieces)];
        try {
            const Options options = Options::parse(url);
            ++accepted;
            ASSERT_TRUE(as_libpq_reads(options.target)) << url << "\nbecame " << options.target;
        } catch (const UsageError&) {}
    }
    EXPECT_GT(accepted, 300);
}

} // namespace
} // namespace trunkline::db
