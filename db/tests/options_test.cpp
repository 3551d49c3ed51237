// SPDX-License-Identifier: MIT
#include <support/options_bench.hpp>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;
using testing::expect_refused;
using testing::pg;
using testing::refusal;
using testing::with;

TEST(Options, without_parameters_the_defaults_hold)
{
    const Options options = Options::parse(pg);
    EXPECT_EQ(options.engine, Engine::postgresql);
    EXPECT_EQ(options.target, pg);
    EXPECT_EQ(options.min_size, 5u);
    EXPECT_EQ(options.max_size, 20u);
    EXPECT_EQ(options.acquire_timeout, 10s);
    EXPECT_EQ(options.command_timeout, 30s);
    EXPECT_EQ(options.max_queries, 50'000u);
    EXPECT_EQ(options.pooler, Options::Pooler::automatic);
    EXPECT_FALSE(options.pooler_safe());
}

TEST(Options, the_short_scheme_is_the_same)
{
    EXPECT_EQ(Options::parse("postgres://h/db").target, "postgresql://h/db");
}

TEST(Options, forms_that_libpq_understands_reach_it_as_they_were_written)
{
    for (const char* url :
         {"postgresql://", "postgresql:///crm", "postgresql://h", "postgresql://ada@h/db", "postgresql://h:5432/db",
          "postgresql://a:5432,b:5433/db?target_session_attrs=read-write", "postgresql://[::1]:5432/db",
          "postgresql://%2Fvar%2Frun%2Fpostgresql/db", "postgresql:///db?host=/var/run/postgresql&port=5433",
          "postgresql://ad%40a:p%3A%2F%3F%23%26w@h/my%20db?sslmode=verify-full&sslrootcert=/etc/ca.pem",
          "postgresql:///db?user=ada&password=a%26b"})
        EXPECT_EQ(Options::parse(url).target, url);
}

TEST(Options, parameters_of_ours_are_taken_out_of_the_target)
{
    const Options options = with("min_size=1&sslmode=require&max_size=3&keepalives=1&application_name=crm");
    EXPECT_EQ(options.target, pg + "?sslmode=require&keepalives=1");
    EXPECT_EQ(options.min_size, 1u);
    EXPECT_EQ(options.max_size, 3u);
    EXPECT_EQ(options.application_name, "crm");
}

TEST(Options, each_parameter_is_read)
{
    const Options options = with(
        "acquire_timeout=1&connect_timeout=2s&command_timeout=500ms&max_queries=7&max_idle=2min&max_lifetime=1h&raw_sql=on"
        "&no_prepare=1&statement_cache_size=9&pooler=none&isolation_level=serializable&drain_timeout=3s&leak_warning=0");
    EXPECT_EQ(options.acquire_timeout, 1s);
    EXPECT_EQ(options.connect_timeout, 2s);
    EXPECT_EQ(options.command_timeout, 500ms);
    EXPECT_EQ(options.max_queries, 7u);
    EXPECT_EQ(options.max_idle, 2min);
    EXPECT_EQ(options.max_lifetime, 1h);
    EXPECT_TRUE(options.raw_sql);
    EXPECT_TRUE(options.no_prepare);
    EXPECT_EQ(options.statement_cache_size, 9u);
    EXPECT_EQ(options.pooler, Options::Pooler::none);
    EXPECT_EQ(options.isolation, Isolation::serializable);
    EXPECT_EQ(options.drain_timeout, 3s);
    EXPECT_EQ(options.leak_warning, 0s);
}

TEST(Options, hosts_and_replicas_are_read)
{
    const Options options =
        Options::parse("postgresql://app@db1.example.test,db2.example.test:5433/app?"
                       "target_session_attrs=read-write&load_balance_hosts=random"
                       "&replicas=r1.example.test,[::1]:5434&replica_max_size=3&max_replica_lag=2s");
    EXPECT_EQ(options.target,
              "postgresql://app@db1.example.test,db2.example.test:5433/app?target_session_attrs=read-write");
    EXPECT_TRUE(options.random_hosts);
    EXPECT_EQ(options.replicas, "r1.example.test,[::1]:5434");
    EXPECT_EQ(options.replica_max_size, 3u);
    EXPECT_EQ(options.max_replica_lag, 2s);
    EXPECT_FALSE(with("load_balance_hosts=disable").random_hosts);
    for (const char* wanted : {"any", "read-write", "read-only", "primary", "standby", "prefer-standby"})
        EXPECT_EQ(with(std::string("target_session_attrs=") + wanted).target.ends_with(wanted), true) << wanted;
}

TEST(Options, hosts_and_replicas_that_make_no_sense_are_refused)
{
    expect_refused(pg + "?target_session_attrs=master", "'target_session_attrs' wants any, read-write");
    expect_refused(pg + "?load_balance_hosts=yes", "'load_balance_hosts' wants disable or random");
    expect_refused(pg + "?replicas=", "a host is missing");
    expect_refused(pg + "?replicas=r1,,r2", "a host is missing");
    expect_refused(pg + "?replicas=:5432", "a host is missing");
    expect_refused(pg + "?replicas=r1:0", "a port is a number from 1 to 65535");
    expect_refused(pg + "?replicas=ada%40r1", "stand in the URL, once");
    expect_refused(pg + "?replica_max_size=0", "'replica_max_size' wants a whole number from 1");
    expect_refused("sqlite:a.db?replicas=r1", "'replicas' is for PostgreSQL");
}

TEST(Options, the_names_other_libraries_use_are_accepted)
{
    for (const char* name : {"pool_min", "pool_size", "pool_min_conns"})
        EXPECT_EQ(with(std::string(name) + "=2").min_size, 2u) << name;
    for (const char* name : {"pool_max", "pool_max_conns"})
        EXPECT_EQ(with(std::string(name) + "=9").max_size, 9u) << name;
    EXPECT_EQ(with("pool_timeout=0.25").acquire_timeout, 250ms);
    EXPECT_EQ(with("pool_recycle=60").max_lifetime, 60s);
    EXPECT_EQ(with("max_inactive_connection_lifetime=60").max_idle, 60s);
    EXPECT_EQ(with("pool_max_conn_idle_time=60").max_idle, 60s);
    EXPECT_EQ(with("prepared_statement_cache_size=1").statement_cache_size, 1u);
    EXPECT_EQ(with("statement_cache_capacity=1").statement_cache_size, 1u);
    EXPECT_EQ(with("isolation=REPEATABLE%20READ").isolation, Isolation::repeatable_read);
    EXPECT_TRUE(with("default_query_exec_mode=simple_protocol").raw_sql);
    EXPECT_TRUE(with("prepare=false").no_prepare);
    EXPECT_FALSE(with("prepare=true").no_prepare);
    EXPECT_TRUE(with("prepare_threshold=0").no_prepare);
    EXPECT_TRUE(with("prepare_threshold=None").no_prepare);
}

TEST(Options, a_pooler_may_be_named)
{
    for (const char* said :
         {"pgbouncer=true", "pooler=pgbouncer", "pooler=supavisor", "pooler=odyssey", "pooler=transaction"}) {
        EXPECT_EQ(with(said).pooler, Options::Pooler::transaction) << said;
        EXPECT_TRUE(with(said).pooler_safe()) << said;
    }
    EXPECT_EQ(with("pgbouncer=false").pooler, Options::Pooler::automatic);
    EXPECT_EQ(with("pooler=auto").pooler, Options::Pooler::automatic);
    EXPECT_EQ(with("pooler=session").pooler, Options::Pooler::session);
    EXPECT_FALSE(with("pooler=session").pooler_safe());
}

TEST(Options, overflow_comes_on_top_of_the_pool_size)
{
    EXPECT_EQ(with("pool_size=3&max_overflow=4").max_size, 7u);
    EXPECT_EQ(with("max_overflow=0&pool_size=3").max_size, 3u);
    EXPECT_EQ(with("max_overflow=2").max_size, 7u);
    expect_refused(pg + "?max_overflow=2&max_size=9", "'max_size' and 'max_overflow' both set the ceiling");
    expect_refused(pg + "?max_overflow=-1", "'max_overflow' wants a whole number");
    expect_refused(pg + "?pool_size=0&max_overflow=0", "from 1 to");
}

TEST(Options, a_size_that_is_not_given_makes_room_for_the_one_that_is)
{
    EXPECT_EQ(with("max_size=1").min_size, 1u);
    EXPECT_EQ(with("min_size=30").max_size, 30u);
    EXPECT_EQ(with("min_size=0").min_size, 0u);
}

TEST(Options, contradictions_are_refused_with_both_names)
{
    expect_refused(pg + "?pool_min=9&max_size=3", "'pool_min' (9) is above 'max_size' (3)");
    expect_refused(pg + "?min_size=1&pool_size=2",
                   "'min_size' and 'pool_size' are the same option with different values");
    expect_refused(pg + "?prepare=true&no_prepare=true", "'prepare' and 'no_prepare' are the same option");
    expect_refused(pg + "?no_prepare=false&statement_cache_size=0",
                   "'no_prepare' asks for named statements and 'statement_cache_size' keeps none");
    expect_refused(pg + "?prepare=true&pgbouncer=true",
                   "'prepare' asks for named statements, which 'pgbouncer' rules out");
    expect_refused("postgresql://ada@h/db?user=bob", "'user' is given twice");
    expect_refused("postgresql://h/db?host=other", "'host' is given twice");
    expect_refused(pg + "?password=other", "'password' is given twice");
    expect_refused(pg + "?dbname=other", "'dbname' is given twice");
}

TEST(Options, the_same_thing_may_be_said_in_two_words_but_not_twice_in_one)
{
    EXPECT_TRUE(with("prepare=false&no_prepare=true&statement_cache_size=0").no_prepare);
    EXPECT_EQ(with("min_size=2&pool_size=2").min_size, 2u);
    expect_refused(pg + "?min_size=2&min_size=2", "'min_size' is given twice");
    expect_refused(pg + "?sslmode=require&sslmode=require", "'sslmode' is given twice");
}

TEST(Options, an_unknown_name_is_refused_with_the_nearest_known_one)
{
    expect_refused(pg + "?max_sise=3", "no parameter 'max_sise'; the nearest known one is 'max_size'");
    expect_refused(pg + "?Pool_Size=3", "'pool_size'");
    expect_refused(pg + "?accquire_timeout=3", "'acquire_timeout'");
    expect_refused(pg + "?ssl=true", "'sslmode'");
    expect_refused(pg + "?statement-cache-size=0", "'statement_cache_size'");
    expect_refused(pg + "?passwrod=x", "'password'");
}

TEST(Options, a_bare_timeout_is_refused_as_ambiguous)
{
    for (const std::string& url : {pg, std::string("sqlite::memory:")})
        expect_refused(url + "?timeout=3", "acquire_timeout, connect_timeout or command_timeout");
}

TEST(Options, what_cannot_be_chosen_is_refused_with_the_reason)
{
    expect_refused(pg + "?client_encoding=latin1", "always UTF-8");
    expect_refused(pg + "?replication=database", "'replication'");
    expect_refused("sqlite:crm.db?sslmode=require", "'sslmode' is for PostgreSQL");
}

TEST(Options, values_that_do_not_fit_are_refused_with_what_is_wanted)
{
    for (const char* value : {"", "-1", "1.5", "abc", "+1", "10001", "99999999999999999999999", "1 "})
        EXPECT_NE(refusal(pg + "?min_size=" + (std::string(value) == "1 " ? "1%20" : value))
                      .find("'min_size' wants a whole number from 0 to 10000"),
                  std::string::npos);
    expect_refused(pg + "?max_size=0", "from 1 to");
    for (const char* value : {"", "0", "0ms", "10parsecs", "-1", "1e3", ".5", "1.", "0.0001", "367h5", "8785h", "s",
                              "10%20s", "1.s", "99999999999999999999"})
        expect_refused(pg + "?acquire_timeout=" + value, "'acquire_timeout' wants a time such as 10s");
    EXPECT_EQ(with("acquire_timeout=8784h").acquire_timeout, 366 * 24h);
    for (const char* value : {"yes", "TRUE", "2", ""})
        expect_refused(pg + "?raw_sql=" + value, "'raw_sql' wants true or false");
    expect_refused(pg + "?pooler=haproxy", "'pooler' wants auto, none, transaction or session");
    expect_refused(pg + "?isolation=read_uncommitted", "'isolation' wants");
    expect_refused(pg + "?prepare_threshold=5", "'prepare_threshold' wants 0");
    expect_refused(pg + "?pgbouncer=maybe", "'pgbouncer' wants true or false");
    expect_refused(pg + "?application_name=", "'application_name' wants 1 to 63");
    expect_refused(pg + "?application_name=a%0Ab", "'application_name' wants 1 to 63");
}

TEST(Options, times_carry_units)
{
    EXPECT_EQ(with("command_timeout=10").command_timeout, 10s);
    EXPECT_EQ(with("command_timeout=10s").command_timeout, 10s);
    EXPECT_EQ(with("command_timeout=10ms").command_timeout, 10ms);
    EXPECT_EQ(with("command_timeout=10min").command_timeout, 10min);
    EXPECT_EQ(with("command_timeout=1.5h").command_timeout, 90min);
    EXPECT_EQ(with("command_timeout=0.001").command_timeout, 1ms);
}

TEST(Options, sqlite_files_are_absolute_behind_three_slashes_and_relative_without)
{
    EXPECT_EQ(Options::parse("sqlite:///var/lib/crm.db").target, "/var/lib/crm.db");
    EXPECT_EQ(Options::parse("sqlite:/var/lib/crm.db").target, "/var/lib/crm.db");
    EXPECT_EQ(Options::parse("sqlite:data/crm.db").target, "data/crm.db");
    EXPECT_EQ(Options::parse("sqlite:./crm.db").target, "./crm.db");
    EXPECT_EQ(Options::parse("sqlite:my%20data/%c3%a9%3F.db?max_size=2").target, "my data/é?.db");
    const Options memory = Options::parse("sqlite::memory:?command_timeout=1s");
    EXPECT_EQ(memory.engine, Engine::sqlite);
    EXPECT_EQ(memory.target, ":memory:");
    EXPECT_EQ(memory.command_timeout, 1s);
}

TEST(Options, a_sqlite_url_that_could_mean_another_file_is_refused_with_the_right_form)
{
    expect_refused("sqlite://crm.db", "sqlite:relative/file");
    for (const char* url : {"sqlite:////var/lib/crm.db", "sqlite:/%2Fvar/lib/crm.db", "sqlite:/./crm.db",
                            "sqlite:///%2E/crm.db", "sqlite:/../crm.db"})
        expect_refused(url, "three slashes begin an absolute file");
    expect_refused("sqlite:///./crm.db", "a relative one is written without");
    expect_refused("sqlite:///:memory:", "sqlite::memory:");
    expect_refused("sqlite://", "behind two slashes");
    expect_refused("sqlite:", "name the file");
    expect_refused("sqlite:///", "name the file");
    expect_refused("sqlite:data/", "a folder's");
    expect_refused("sqlite:a%00b", "%00");
    expect_refused("sqlite:a%0", "two hexadecimal digits");
    expect_refused("sqlite:a%zz", "two hexadecimal digits");
    expect_refused("sqlite:a#b.db", "a '#' is written %23");
    expect_refused("sqlite:a b.db", "a space is written %20");
    expect_refused("sqlite:file:crm.db", "write ./ before it");
}

TEST(Options, both_names_of_mysql_are_one_engine)
{
    for (const char* url :
         {"mysql://ada:s3cret@db.crm.example.test:3306/crm", "mariadb://ada:s3cret@db.crm.example.test:3306/crm"}) {
        const Options options = Options::parse(url);
        EXPECT_EQ(options.engine, Engine::mysql);
        EXPECT_EQ(options.target, "mysql://ada:s3cret@db.crm.example.test:3306/crm");
        EXPECT_EQ(options.describe(), "mysql://ada:***@db.crm.example.test:3306/crm");
    }
}

TEST(Options, what_mysql_reads_itself_stays_in_the_target_and_the_rest_does_not)
{
    const Options options =
        Options::parse("mysql://ada:a%26b@h/crm?ssl_mode=verify_identity&max_size=3&ssl_ca=/etc/ca.pem");
    EXPECT_EQ(options.max_size, 3u);
    EXPECT_EQ(options.target, "mysql://ada:a%26b@h/crm?ssl_mode=verify_identity&ssl_ca=/etc/ca.pem");
    EXPECT_EQ(options.describe(),
              "mysql://ada:***@h/crm?ssl_mode=verify_identity&ssl_ca=/etc/ca.pem&min_size=3&max_size=3");
    EXPECT_EQ(Options::parse("mysql:///crm?user=ada&password=s3cret&socket=/run/mysqld/mysqld.sock").describe(),
              "mysql:///crm?user=ada&password=***&socket=/run/mysqld/mysqld.sock");
}

TEST(Options, a_mysql_url_that_could_mean_something_else_is_refused)
{
    expect_refused("mysql:///crm", "name the host");
    expect_refused("mysql://h/crm", "name the user");
    expect_refused("mysql://u@h/crm?socket=/s", "a host and a 'socket'");
    expect_refused("mysql://u@:3306/crm?socket=/s", "a port means nothing");
    expect_refused("mysql://u@h/crm?ssl_mode=prefer", "disabled, required, verify_ca or verify_identity");
    expect_refused("mysql://u@h/crm?sslmode=require", "'sslmode' is for PostgreSQL and means nothing to MySQL");
    expect_refused("postgresql://u@h/crm?ssl_ca=x", "'ssl_ca' is for MySQL and means nothing to PostgreSQL");
    expect_refused("sqlite:a.db?ssl_mode=required", "'ssl_mode' is for MySQL and means nothing to SQLite");
    expect_refused("mysql://u@h/crm?charset=latin1", "it is always utf8mb4");
    expect_refused("mysql://u@h/crm?ssl_mod=required", "the nearest known one is 'ssl_mode'");
    expect_refused("mysql://u@h/crm/x", "a '/' in the name of the database");
    expect_refused("mysql://u@h/crm?user=v", "'user' is given twice");
}

TEST(Options, other_schemes_are_refused_with_what_to_write)
{
    expect_refused("mysql+pymysql://u@h/db", "write mysql:// instead of mysql+pymysql://");
    expect_refused("mariadb+mariadbconnector://u@h/db", "write mysql://");
    expect_refused("postgresql+asyncpg://u@h/db", "write postgresql:// instead of postgresql+asyncpg://");
    expect_refused("postgres+psycopg://u@h/db", "write postgresql://");
    expect_refused("sqlite+aiosqlite:///x.db", "write sqlite:///absolute/file");
    expect_refused("postgress://u@h/db", "'postgress' is no scheme known here");
    expect_refused("", "it is empty");
    expect_refused("crm.db", "sqlite:relative/file");
    expect_refused(pg + "\n", "a control character, such as a newline");
}

TEST(Options, a_parameter_needs_a_name_and_a_value)
{
    expect_refused(pg + "?raw_sql", "each parameter is name=value");
    expect_refused(pg + "?raw_sql=true&", "each parameter is name=value");
    expect_refused(pg + "?=true", "each parameter is name=value");
    expect_refused(pg + "?options=-c%20geqo=off", "an '=' inside a value is written %3D");
    EXPECT_EQ(Options::parse(pg + "?").target, pg);
}

} // namespace
} // namespace trunkline::db
