// SPDX-License-Identifier: MIT
#pragma once

#include "promise.hpp"

#include "database_url.hpp"
#include "option_values.hpp"

#include <trunkline/db/error.hpp>
#include <trunkline/db/options.hpp>

namespace trunkline::db::fuzz {

/// Stands in passwords, and must be seen nowhere.
inline constexpr std::string_view secret = "kQ7zXw9vPl";

inline std::optional<Options> parsed(std::string_view url)
{
    try {
        return Options::parse(url);
    } catch (const UsageError&) {
        return std::nullopt;
    }
}

inline bool same_but_target(const Options& a, const Options& b)
{
    return a.engine == b.engine && a.min_size == b.min_size && a.max_size == b.max_size &&
           a.acquire_timeout == b.acquire_timeout && a.connect_timeout == b.connect_timeout &&
           a.command_timeout == b.command_timeout && a.max_queries == b.max_queries && a.max_idle == b.max_idle &&
           a.max_lifetime == b.max_lifetime && a.raw_sql == b.raw_sql && a.no_prepare == b.no_prepare &&
           a.statement_cache_size == b.statement_cache_size && a.sharing == b.sharing && a.pooler == b.pooler &&
           a.isolation == b.isolation && a.application_name == b.application_name &&
           a.drain_timeout == b.drain_timeout && a.leak_warning == b.leak_warning;
}

/// What is understood is shown so that it is understood in the same way.
inline void check_round_trip(std::string_view url)
{
    const auto options = parsed(url);
    if (!options) return;
    const std::string shown = options->describe();
    const auto again = parsed(shown);
    expect(again.has_value(), "what describe() says can be parsed", shown);
    expect(same_but_target(*options, *again), "describe() says all that was set", shown);
    expect(again->describe() == shown, "describe() says the same of what it said", shown);
    const bool hidden = shown.find("***") != std::string::npos;
    expect(hidden || again->target == options->target, "describe() says the target, passwords excepted", shown);
    expect(options->min_size <= options->max_size && options->max_size >= 1, "the sizes make sense", shown);
}

/// Whatever is wrong with a URL, or nothing: the secret is not told. With `torn`, a bare '&' may have made another
/// parameter of it: when that is accepted nobody can know better.
inline void check_secret(const std::string& url, bool torn = false)
{
    try {
        const std::string shown = Options::parse(url).describe();
        expect(torn || shown.find(secret) == std::string::npos, "describe() keeps a password to itself", url);
    } catch (const UsageError& refused) {
        expect(std::string_view(refused.what()).find(secret) == std::string_view::npos, "an error names no password",
               url);
    }
}

/// A fuzzer learns the secret, and writes it where no password stands.
inline bool gives_away(const std::string& text)
{
    try {
        return percent_decode(text).find(secret) != std::string::npos;
    } catch (const UsageError&) {
        return text.find(secret) != std::string::npos;
    }
}

/// The secret in every place where a password can stand, between pieces that need not have been encoded.
inline void check_passwords(std::string_view bytes)
{
    Input input(bytes);
    const std::string before(input.line()), behind(input.line()), rest(input.rest());
    if (gives_away(rest)) return;
    const std::string password = before + std::string(secret) + behind;
    check_secret("postgresql://ada:" + password + "@" + rest);
    check_secret("postgresql://ada:" + password + "@crm.example.test/crm?" + rest);
    const bool torn = before.find('&') != std::string::npos;
    check_secret("postgresql://crm.example.test/crm?password=" + password + "&" + rest, torn);
    check_secret("postgresql://crm.example.test/crm?" + rest + "&sslpassword=" + password, torn);
    check_secret("mysql+driver://ada:" + password + "@" + rest);
    check_secret("mysql://ada:" + password + "@" + rest);
    if (rest.find_first_of(":/?@&") == std::string::npos)
        check_secret(rest + "://ada:" + password + "@crm.example.test");
}

inline void check_file_names(std::string_view file)
{
    const auto options = parsed("sqlite:" + percent_encode(file, "-._~/"));
    if (!options || file == ":memory:") return;
    const std::string absolute = "//" + options->target; // "///a" is how the file "/a" is written
    expect(options->target == file || absolute == file, "a file's name is read as it was encoded", options->target);
}

inline void check_durations(std::string_view text)
{
    const auto time = read_duration(text);
    if (!time) return;
    expect(time->count() >= 0 && *time <= option_time_max, "a time is within its limits", text);
    expect(read_duration(write_duration(*time)) == time, "a time is read as it was written", text);
}

inline void check_supavisor(std::string_view url)
{
    const std::string ready = supavisor_ready(url);
    expect(supavisor_ready(ready) == ready, "what is ready needs nothing more", url);
    const auto before = parsed(url), after = parsed(ready);
    if (!before || !after) return;
    expect(after->pooler_safe() || before->target != after->target || after->no_prepare == before->no_prepare,
           "a URL made ready for a pooler is", ready);
}

inline void check_url(std::string_view bytes)
{
    check_round_trip(bytes);
    check_passwords(bytes);
    check_file_names(bytes);
    check_durations(bytes);
    check_supavisor(bytes);
}

} // namespace trunkline::db::fuzz
