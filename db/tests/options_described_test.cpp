// SPDX-License-Identifier: MIT
#include <support/options_bench.hpp>

#include <random>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::pg;
using testing::refusal;
using testing::with;

// However a password was mangled into a URL, what is said against it does not repeat it.
TEST(Options, no_message_ever_holds_the_password_or_a_piece_of_it)
{
    for (const char* url : {"postgresql://u:SeCret@h/db?unknown=1",
                            "postgresql://u:SeCret@h:port/db",
                            "postgresql://u:Se@SeCret@h/db",
                            "postgresql://u:Se/SeCret@h/db",
                            "postgresql://u:1?SeCret=1@h/db",
                            "postgresql://u:1#SeCret@h/db",
                            "postgresql://u:SeCret",
                            "postgresql://u:1/x?SeCret",
                            "postgresql://u:Se%SeCret@h/db",
                            "postgresql://u:%zzSeCret@h/db",
                            "postgresql://u:Se Cret SeCret@h/db",
                            "postgresql://u:SeCret@h:99999/db",
                            "postgresql://u:SeCret@[::1/db",
                            "postgresql://u:SeCret@h%/db",
                            "postgresql://u:SeCret@h/a/b",
                            "postgresql://h/db?password=SeCret&max_size=0",
                            "postgresql://h/db?password=a&SeCret=b",
                            "postgresql://h/db?password=a&SeCret",
                            "postgresql://h/db?password=a&max_size=SeCret",
                            "postgresql://h/db?password=SeCret&password=SeCret",
                            "postgresql://u:SeCret@h/db?password=SeCret",
                            "postgresql://h/db?passwrod=SeCret",
                            "postgresql://h/db?password=a%SeCret",
                            "postgresql://h/db?password=Se@SeCret",
                            "postgresql://h/db?password=a#SeCret",
                            "postgresql://h/db?sslpassword=a&SeCret=b",
                            "mysql+driver://u:SeCret@h/db",
                            "mysql://u:SeCret@h/db?unknown=1",
                            "mysql://u:SeCret@/db",
                            "mysql://:SeCret@h/db",
                            "mariadb://u:Se@SeCret@h/db",
                            "mysql://u:SeCret@h:port/db",
                            "mysql://u:SeCret@h/db?socket=/s",
                            "mysql://u@h/db?password=a&SeCret=b",
                            "mysql://u@h/db?password=a&ssl_mode=SeCret",
                            "postgresql+asyncpg://u:SeCret@h/db",
                            "postgress://u:SeCret@h/db",
                            "u:SeCret@h/db",
                            "SeCret:5432@h",
                            "host=h password=SeCret",
                            "host=h password=a://SeCret",
                            "SeCret",
                            "postgresql:u:SeCret@h",
                            "postgresql://u:%53eCret@h/db?timeout=1"}) {
        const std::string said = refusal(url);
        EXPECT_EQ(said.find("SeCret"), std::string::npos) << said;
        EXPECT_EQ(said.find("eCret"), std::string::npos) << said;
    }
}

TEST(Options, described_it_shows_no_password)
{
    EXPECT_EQ(Options::parse(pg).describe(), "postgresql://ada:***@db.crm.example.test:5432/crm");
    EXPECT_EQ(Options::parse("postgresql://ada:a%26b:c@h/db?sslmode=require&sslpassword=a%26b&max_size=9").describe(),
              "postgresql://ada:***@h/db?sslmode=require&sslpassword=***&max_size=9");
    EXPECT_EQ(Options::parse("postgresql:///db?user=ada&password=s3cret").describe(),
              "postgresql:///db?user=ada&password=***");
    EXPECT_EQ(Options::parse("postgresql:///db?user=ada&%70assword=s3cret").describe(),
              "postgresql:///db?user=ada&password=***");
    EXPECT_EQ(Options::parse("postgresql://ada@h/db").describe(), "postgresql://ada@h/db");
    EXPECT_EQ(Options::parse("postgresql://:s3cret@h/db").describe(), "postgresql://:***@h/db");
    EXPECT_EQ(Options::parse("postgresql://ada:@h/db").describe(), "postgresql://ada:***@h/db");

    Options by_hand;
    by_hand.engine = Engine::postgresql;
    by_hand.target = "host=h password=s3cret";
    EXPECT_EQ(by_hand.describe(), "postgresql://***");
}

TEST(Options, described_it_shows_what_is_not_the_default)
{
    EXPECT_EQ(Options::parse("sqlite:///var/lib/crm.db").describe(), "sqlite:///var/lib/crm.db");
    EXPECT_EQ(Options::parse("sqlite::memory:?pool_timeout=1.5").describe(), "sqlite::memory:?acquire_timeout=1500ms");
    EXPECT_EQ(Options::parse("sqlite:a%20b%3f.db?prepare=false&isolation=SERIALIZABLE").describe(),
              "sqlite:a%20b%3F.db?no_prepare=true&isolation_level=serializable");
    EXPECT_EQ(with("application_name=a%20b%26c").describe(),
              "postgresql://ada:***@db.crm.example.test:5432/crm?application_name=a%20b%26c");
}

void expect_same(const Options& a, const Options& b)
{
    const auto all = [](const Options& o) {
        return std::tuple(o.engine, o.min_size, o.max_size, o.acquire_timeout, o.connect_timeout, o.command_timeout,
                          o.max_queries, o.max_idle, o.max_lifetime, o.raw_sql, o.no_prepare, o.statement_cache_size,
                          o.sharing, o.pooler, o.isolation, o.application_name, o.drain_timeout, o.leak_warning,
                          o.random_hosts, o.replicas, o.replica_max_size, o.max_replica_lag);
    };
    EXPECT_TRUE(all(a) == all(b)) << a.describe() << "\n" << b.describe();
    EXPECT_EQ(a.target, b.target);
}

TEST(Options, what_is_described_is_read_back_the_same)
{
    std::mt19937 random(20260105);
    const std::vector<std::string> choices{"min_size=3",
                                           "max_size=40",
                                           "acquire_timeout=1250ms",
                                           "connect_timeout=3s",
                                           "command_timeout=1h",
                                           "max_queries=0",
                                           "max_idle=7",
                                           "max_lifetime=0",
                                           "raw_sql=true",
                                           "no_prepare=true",
                                           "statement_cache_size=5",
                                           "pooler=session",
                                           "sharing=false",
                                           "isolation_level=repeatable_read",
                                           "application_name=%25%26%3D",
                                           "drain_timeout=0",
                                           "leak_warning=1ms",
                                           "load_balance_hosts=random",
                                           "replica_max_size=2",
                                           "max_replica_lag=0"};
    const std::vector<std::string> locations{"sqlite:a%2523b/c.db", "sqlite:///%C3%A9",
                                             "sqlite::memory:", "postgresql:///x%2Fy?sslmode=disable&keepalives=0",
                                             "postgresql://u@h:1,[::1]/db"};
    for (int i = 0; i < 2000; ++i) {
        std::string url = locations[random() % locations.size()];
        char separator = url.find('?') == std::string::npos ? '?' : '&';
        for (const auto& choice : choices) {
            if (random() % 3 != 0) continue;
            url += separator + choice;
            separator = '&';
        }
        const Options options = Options::parse(url);
        expect_same(options, Options::parse(options.describe()));
    }
}

TEST(Options, any_text_at_all_is_read_or_refused)
{
    constexpr std::string_view pieces[]{
        "postgresql://", "sqlite:", "postgres://", "?",         "&",    "=",        "@", ":",    "/",        "%",
        "%41",           "[",       "]",           ",",         "#",    "u",        "h", "5432", "password", "max_size",
        "min_size",      "10",      "ms",          "pgbouncer", "true", ":memory:", ".", "\xc3"};
    std::mt19937 random(20260106);
    for (int i = 0; i < 100'000; ++i) {
        std::string url(pieces[random() % 3]);
        for (std::size_t n = random() % 10; n > 0; --n) url += pieces[random() % std::size(pieces)];
        try {
            const Options options = Options::parse(url);
            expect_same(Options::parse(options.describe()),
                        Options::parse(Options::parse(options.describe()).describe()));
        } catch (const UsageError&) {}
    }
}

} // namespace
} // namespace trunkline::db
