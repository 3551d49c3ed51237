// SPDX-License-Identifier: MIT
#include <trunkline/db/metrics.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace trunkline::db {
namespace {

/// One line of a family: what its name and its labels end with, and its value.
struct Sample {
    std::string_view suffix;
    std::string labels; // besides the pool's name: `,name="value"`
    std::string value;
};

/// What is known under one name: HELP and TYPE once, then the samples of every pool.
struct Family {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    std::vector<Sample> (*samples)(const PoolStats& stats);
};

std::string seconds(std::chrono::nanoseconds time)
{
    std::array<char, 32> text;
    const double value = std::chrono::duration<double>(time).count();
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::vector<Sample> one(std::uint64_t value) { return {{"", "", std::to_string(value)}}; }

std::vector<Sample> one(std::chrono::nanoseconds time) { return {{"", "", seconds(time)}}; }

std::vector<Sample> states(const PoolStats& stats)
{
    std::vector<Sample> samples;
    const std::pair<const char*, std::size_t> counted[] = {
        {"idle", stats.idle}, {"used", stats.in_use}, {"opening", stats.opening}, {"closing", stats.closing}};
    for (const auto& [state, count] : counted)
        samples.push_back({"", std::string(",db_client_connection_state=\"") + state + "\"", std::to_string(count)});
    return samples;
}

/// Prometheus' buckets hold what is at most so much, the smaller ones included.
std::vector<Sample> histogram(const DurationHistogram& times, const std::string& labels = {})
{
    std::vector<Sample> samples;
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < times.bounds.size(); ++i) {
        so_far += times.counts[i];
        samples.push_back({"_bucket", labels + ",le=\"" + seconds(times.bounds[i]) + "\"", std::to_string(so_far)});
    }
    so_far += times.counts.back();
    samples.push_back({"_bucket", labels + ",le=\"+Inf\"", std::to_string(so_far)});
    samples.push_back({"_sum", labels, seconds(times.total)});
    samples.push_back({"_count", labels, std::to_string(so_far)});
    return samples;
}

std::vector<Sample> calls(const PoolStats& stats)
{
    return histogram(stats.call_time, ",db_system_name=\"" + std::string(to_string(stats.engine)) + "\"");
}

const std::array families{
    Family{"db_client_connection_count", "gauge", "Connections in the state that the label names.", states},
    Family{"db_client_connection_max", "gauge", "The most connections that may be open, as the server counts them.",
           [](const PoolStats& stats) { return one(stats.max_size); }},
    Family{"db_client_connection_idle_max", "gauge", "The most connections that may be open and idle.",
           [](const PoolStats& stats) { return one(stats.max_size); }},
    Family{"db_client_connection_idle_min", "gauge", "The floor of open connections that is kept.",
           [](const PoolStats& stats) { return one(stats.min_size); }},
    Family{"db_client_connection_pending_requests", "gauge", "Calls in line for a connection.",
           [](const PoolStats& stats) { return one(stats.waiting); }},
    Family{"db_client_connection_timeouts_total", "counter", "Calls that waited in line for too long.",
           [](const PoolStats& stats) { return one(stats.acquire_timeouts); }},
    Family{"db_client_connection_create_time_seconds", "histogram", "The time it took to create a connection.",
           [](const PoolStats& stats) { return histogram(stats.create_time); }},
    Family{"db_client_connection_wait_time_seconds", "histogram", "The time it took to obtain a connection.",
           [](const PoolStats& stats) { return histogram(stats.wait_time); }},
    Family{"db_client_connection_use_time_seconds", "histogram",
           "The time between obtaining a connection and giving "
           "it back.",
           [](const PoolStats& stats) { return histogram(stats.use_time); }},
    Family{"db_client_operation_duration_seconds", "histogram", "The time that a statement or a unit took.", calls},
    Family{"trunkline_db_connections_opened_total", "counter", "Connections that were opened.",
           [](const PoolStats& stats) { return one(stats.opened); }},
    Family{"trunkline_db_connect_failures_total", "counter", "Attempts to open a connection that failed.",
           [](const PoolStats& stats) { return one(stats.open_failures); }},
    Family{"trunkline_db_connections_retired_total", "counter", "Connections closed for age, use or idleness.",
           [](const PoolStats& stats) { return one(stats.retired); }},
    Family{"trunkline_db_connections_broken_total", "counter", "Connections lost, or dropped as not proved clean.",
           [](const PoolStats& stats) { return one(stats.broken); }},
    Family{"trunkline_db_statements_cancelled_total", "counter", "Statements stopped on the server.",
           [](const PoolStats& stats) { return one(stats.cancelled); }},
    Family{"trunkline_db_wait_time_max_seconds", "gauge", "The longest wait in line since the start.",
           [](const PoolStats& stats) { return one(stats.wait_max); }},
    Family{"trunkline_db_use_time_max_seconds", "gauge", "The longest that a connection was held since the start.",
           [](const PoolStats& stats) { return one(stats.hold_max); }},
};

/// How many bytes the character at the front of `text` has; 0 when it is none. Follows table 3-7 of the Unicode standard.
std::size_t character_length(std::string_view text) noexcept
{
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0u; };
    const auto follows = [&](std::size_t at) { return (byte(at) & 0xc0) == 0x80; };
    const unsigned first = byte(0), second = byte(1);
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4 || !follows(1)) return 0;
    if (first < 0xe0) return 2;
    if (!follows(2) || (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
    if (first < 0xf0) return 3;
    if (!follows(3) || (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
    return 4;
}

bool is_utf8(std::string_view text) noexcept
{
    while (!text.empty()) {
        const std::size_t length = character_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

void refuse_unusable_names(std::span<const NamedStats> pools)
{
    std::vector<std::string_view> names;
    for (const NamedStats& pool : pools) names.push_back(pool.pool);
    for (const std::string_view name : names)
        if (!is_utf8(name)) throw std::invalid_argument("the name of a pool is not UTF-8");
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    if (twice == names.end()) return;
    throw std::invalid_argument("two pools have the name '" + std::string(*twice) +
                                "': their numbers would be one series");
}

std::string label_value(std::string_view text)
{
    std::string escaped;
    for (const char character : text) {
        if (character == '\\' || character == '"') escaped += '\\';
        if (character == '\n') escaped += "\\n";
        else escaped += character;
    }
    return escaped;
}

void write(std::string& text, std::string_view name, const std::string& pool, const Sample& sample)
{
    text.append(name).append(sample.suffix).append("{db_client_connection_pool_name=\"").append(pool).append("\"");
    text.append(sample.labels).append("} ").append(sample.value).append("\n");
}

} // namespace

std::string prometheus_text(std::span<const NamedStats> pools)
{
    refuse_unusable_names(pools);
    std::string text;
    if (pools.empty()) return text;
    for (const Family& family : families) {
        text.append("# HELP ").append(family.name).append(" ").append(family.help).append("\n");
        text.append("# TYPE ").append(family.name).append(" ").append(family.type).append("\n");
        for (const NamedStats& pool : pools)
            for (const Sample& sample : family.samples(pool.stats))
                write(text, family.name, label_value(pool.pool), sample);
    }
    return text;
}

std::string prometheus_text(std::string_view pool, const PoolStats& stats)
{
    const NamedStats only{pool, stats};
    return prometheus_text({&only, 1});
}

} // namespace trunkline::db
