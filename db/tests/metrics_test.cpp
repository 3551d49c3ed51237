// SPDX-License-Identifier: MIT
#include <trunkline/db/metrics.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace trunkline::db {
namespace {

using namespace std::chrono_literals;

struct Exposed {
    std::map<std::string, std::string> types;        // by family
    std::map<std::string, double> values;            // by series: name{label="value",…}
    std::map<std::string, std::string> family_of;    // by series
    std::map<std::string, std::string> label_values; // as they were before they were escaped, by how they stand there
};

std::string unescaped(const std::string& value)
{
    std::string text;
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (value[at] != '\\') {
            text += value[at];
            continue;
        }
        const char next = value.at(++at);
        if (next != '\\' && next != '"' && next != 'n') throw std::runtime_error("no such escape: " + value);
        text += next == 'n' ? '\n' : next;
    }
    return text;
}

/// The names that samples of a family may have.
std::set<std::string> sample_names(const std::string& family, const std::string& type)
{
    if (type == "histogram") return {family + "_bucket", family + "_sum", family + "_count"};
    return {family};
}

std::vector<std::string> lines_of(const std::string& text)
{
    if (text.empty() || text.back() != '\n') throw std::runtime_error("the last line has no end");
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

void read_sample(const std::string& line, const std::string& family, Exposed& exposed)
{
    static const std::regex shape(R"re(([a-z_]+)\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)+)\} ([0-9.e+-]+))re");
    static const std::regex label(R"re(([a-z_]+)="((?:[^"\\]|\\.)*)"(,|$))re");
    std::smatch found;
    if (!std::regex_match(line, found, shape)) throw std::runtime_error("not a sample: " + line);
    const std::string name = found[1], labels = found[2], series = name + "{" + labels + "}";
    if (!sample_names(family, exposed.types.at(family)).contains(name))
        throw std::runtime_error(name + " stands under " + family);
    if (labels.back() == ',') throw std::runtime_error("a comma too many: " + line);
    for (std::sregex_iterator at(labels.begin(), labels.end(), label), end; at != end; ++at)
        exposed.label_values[(*at)[2]] = unescaped((*at)[2]);
    if (!exposed.values.emplace(series, std::stod(found[3])).second) throw std::runtime_error("twice: " + series);
    exposed.family_of[series] = family;
}

/// Reads as strictly as the format is written down: HELP, TYPE, then samples; each family in one piece, and once.
Exposed read(const std::string& text)
{
    static const std::regex help(R"(# HELP ([a-z_]+) (\S.*\.))"), type("# TYPE ([a-z_]+) (counter|gauge|histogram)");
    Exposed exposed;
    std::string family, helped;
    std::smatch found;
    for (const std::string& line : lines_of(text)) {
        if (std::regex_match(line, found, help)) {
            helped = found[1];
        } else if (std::regex_match(line, found, type)) {
            family = found[1];
            if (family != helped) throw std::runtime_error("TYPE without its HELP: " + line);
            if (!exposed.types.emplace(family, found[2]).second)
                throw std::runtime_error("introduced twice: " + family);
        } else {
            if (family.empty() || family != helped) throw std::runtime_error("HELP without its TYPE before: " + line);
            read_sample(line, family, exposed);
        }
    }
    return exposed;
}

PoolStats busy_pool()
{
    PoolStats stats;
    stats.size = 10;
    stats.idle = 1;
    stats.in_use = 6;
    stats.opening = 2;
    stats.closing = 1;
    stats.waiting = 7;
    stats.min_size = 5;
    stats.max_size = 20;
    stats.acquired = 12345678901;
    stats.acquire_timeouts = 3;
    stats.opened = 40;
    stats.open_failures = 4;
    stats.retired = 29;
    stats.broken = 2;
    stats.cancelled = 8;
    stats.wait_time.counts = {9000, 500, 0, 0, 0, 0, 40, 3, 0, 2};
    stats.wait_time.total = 90min + 1ms;
    stats.use_time.add(7ms);
    stats.create_time.add(2s);
    stats.call_time.add(1ms);
    stats.wait_max = 1500us;
    stats.hold_max = 61s;
    stats.last_connect_error = "refused";
    return stats;
}

std::string state(const std::string& name)
{
    return R"(db_client_connection_count{db_client_connection_pool_name="main",db_client_connection_state=")" + name +
           "\"}";
}

std::string series(const std::string& name) { return name + R"({db_client_connection_pool_name="main"})"; }

TEST(Metrics, what_the_conventions_name_has_their_name_and_the_pools_number)
{
    const Exposed exposed = read(prometheus_text("main", busy_pool()));
    EXPECT_EQ(exposed.values.at(state("idle")), 1);
    EXPECT_EQ(exposed.values.at(state("used")), 6);
    EXPECT_EQ(exposed.values.at(series("db_client_connection_max")), 20);
    EXPECT_EQ(exposed.values.at(series("db_client_connection_idle_min")), 5);
    EXPECT_EQ(exposed.values.at(series("db_client_connection_pending_requests")), 7);
    EXPECT_EQ(exposed.values.at(series("db_client_connection_timeouts_total")), 3);
    EXPECT_EQ(exposed.values.at(series("db_client_connection_idle_max")), 20);
    EXPECT_DOUBLE_EQ(exposed.values.at(series("db_client_connection_wait_time_seconds_sum")), 5400.001);
    EXPECT_EQ(exposed.values.at(series("db_client_connection_wait_time_seconds_count")), 9545);
    EXPECT_EQ(exposed.values.at(series("db_client_connection_use_time_seconds_count")), 1);
    EXPECT_EQ(exposed.values.at(series("db_client_connection_create_time_seconds_sum")), 2);
}

std::string bucket(const std::string& name, const std::string& bound)
{
    return name + R"(_bucket{db_client_connection_pool_name="main",le=")" + bound + "\"}";
}

TEST(Metrics, a_bucket_holds_what_is_in_the_smaller_ones_too)
{
    const Exposed exposed = read(prometheus_text("main", busy_pool()));
    const std::string name = "db_client_connection_wait_time_seconds";
    const std::pair<const char*, double> expected[] = {{"0.001", 9000}, {"0.005", 9500}, {"0.01", 9500}, {"0.05", 9500},
                                                       {"0.1", 9500},   {"0.5", 9500},   {"1", 9540},    {"5", 9543},
                                                       {"10", 9543},    {"+Inf", 9545}};
    for (const auto& [bound, count] : expected) EXPECT_EQ(exposed.values.at(bucket(name, bound)), count) << bound;
}

TEST(Metrics, a_time_falls_into_the_bucket_of_the_next_bound)
{
    DurationHistogram times;
    for (const auto time : {0ns, 1'000'000ns, 1'000'001ns, 5'000'000ns}) times.add(time);
    times.add(10s);
    times.add(10s + 1ns);
    EXPECT_EQ(times.counts, (std::array<std::uint64_t, 10>{2, 2, 0, 0, 0, 0, 0, 0, 1, 1}));
    EXPECT_EQ(times.count(), 6u);
    EXPECT_EQ(times.total, 20'007'000'002ns - 0ns);
}

TEST(Metrics, the_duration_of_calls_names_the_engine)
{
    PoolStats stats;
    stats.engine = Engine::sqlite;
    stats.call_time.add(2ms);
    const Exposed exposed = read(prometheus_text("main", stats));
    EXPECT_EQ(exposed.values.at("db_client_operation_duration_seconds_count{db_client_connection_pool_name=\"main\","
                                "db_system_name=\"sqlite\"}"),
              1);
}

TEST(Metrics, what_is_ours_says_so_in_its_name)
{
    const Exposed exposed = read(prometheus_text("main", busy_pool()));
    EXPECT_EQ(exposed.values.at(series("trunkline_db_connections_opened_total")), 40);
    EXPECT_EQ(exposed.values.at(series("trunkline_db_connect_failures_total")), 4);
    EXPECT_EQ(exposed.values.at(series("trunkline_db_connections_retired_total")), 29);
    EXPECT_EQ(exposed.values.at(series("trunkline_db_connections_broken_total")), 2);
    EXPECT_EQ(exposed.values.at(series("trunkline_db_statements_cancelled_total")), 8);
    EXPECT_DOUBLE_EQ(exposed.values.at(series("trunkline_db_wait_time_max_seconds")), 0.0015);
    EXPECT_DOUBLE_EQ(exposed.values.at(series("trunkline_db_use_time_max_seconds")), 61);
}

TEST(Metrics, the_states_add_up_to_what_the_server_sees)
{
    const PoolStats stats = busy_pool();
    double sum = 0;
    for (const auto& [series, value] : read(prometheus_text("main", stats)).values)
        if (series.starts_with("db_client_connection_count{")) sum += value;
    EXPECT_EQ(sum, stats.size);
}

TEST(Metrics, what_only_grows_is_a_counter_and_is_called_total_and_nothing_else_is)
{
    const Exposed exposed = read(prometheus_text("main", busy_pool()));
    EXPECT_EQ(exposed.types.at("db_client_connection_count"), "gauge");
    EXPECT_EQ(exposed.types.at("db_client_connection_wait_time_seconds"), "histogram");
    for (const auto& [family, type] : exposed.types)
        EXPECT_EQ(type == "counter", family.ends_with("_total")) << family << " is a " << type;
    EXPECT_EQ(exposed.types.size(), 17u);
}

TEST(Metrics, every_family_has_a_sample_of_every_pool_and_is_introduced_once)
{
    const std::array pools{NamedStats{"main", busy_pool()}, NamedStats{"mirror", PoolStats{}}};
    const Exposed exposed = read(prometheus_text(pools));
    std::map<std::string, std::set<std::string>> seen;
    for (const auto& [series, family] : exposed.family_of)
        for (const std::string pool : {"main", "mirror"})
            if (series.find("pool_name=\"" + pool + "\"") != std::string::npos) seen[family].insert(pool);
    for (const auto& [family, type] : exposed.types) EXPECT_EQ(seen[family].size(), 2u) << family;
    EXPECT_EQ(exposed.values.at(R"(db_client_connection_max{db_client_connection_pool_name="mirror"})"), 0);
}

TEST(Metrics, any_name_of_a_pool_comes_back_as_it_was)
{
    for (const std::string name :
         {"", "a\"b", "a\\", "\\n", "a\nb", "}", "\"} 1\ndb_client_connection_max 2", "Büro 🐘"}) {
        const Exposed exposed = read(prometheus_text(name, busy_pool()));
        std::set<std::string> names;
        for (const auto& [escaped, value] : exposed.label_values) names.insert(value);
        for (const char* own : {"idle", "used", "opening", "closing", "postgresql", "+Inf", "0.001", "10"})
            names.erase(own);
        for (const char* bound : {"0.005", "0.01", "0.05", "0.1", "0.5", "1", "5"}) names.erase(bound);
        EXPECT_EQ(names, std::set<std::string>{name});
        EXPECT_EQ(exposed.values.size(), 64u) << name;
    }
}

TEST(Metrics, a_name_that_a_scrape_would_be_refused_for_is_refused_here)
{
    for (const std::string name : {"\x80", "a\xff", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80"})
        EXPECT_THROW(prometheus_text(name, PoolStats{}), std::invalid_argument) << name.size();
    const std::array pools{NamedStats{"main", {}}, NamedStats{"mirror", {}}, NamedStats{"main", {}}};
    try {
        prometheus_text(pools);
        FAIL() << "two pools of one name";
    } catch (const std::invalid_argument& refused) {
        EXPECT_NE(std::string(refused.what()).find("'main'"), std::string::npos);
    }
}

TEST(Metrics, no_pool_is_no_text) { EXPECT_EQ(prometheus_text(std::span<const NamedStats>{}), ""); }

TEST(Metrics, seconds_are_exact_to_the_nanosecond)
{
    PoolStats stats;
    for (const auto time : {0ns, 1ns, 999ns, 1000ns, 123456789ns, 86400000000001ns}) {
        stats.wait_time.total = time;
        const Exposed exposed = read(prometheus_text("main", stats));
        const double read_back = exposed.values.at(series("db_client_connection_wait_time_seconds_sum"));
        EXPECT_EQ(std::llround(read_back * 1e9), time.count());
    }
}

} // namespace
} // namespace trunkline::db
