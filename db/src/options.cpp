// SPDX-License-Identifier: MIT
#include "database_url.hpp"
#include "option_values.hpp"
#include "passed_options.hpp"

#include <trunkline/db/error.hpp>
#include <trunkline/db/options.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <span>

namespace trunkline::db {

namespace {

using detail::names_of;
using detail::session_attrs;
using detail::ssl_modes;

constexpr std::size_t connections_max = 10'000;
constexpr std::size_t statements_max = 1'000'000;
constexpr std::size_t application_name_max = 63; // PostgreSQL cuts there

[[noreturn]] void refuse(const std::string& reason) { throw UsageError("database URL: " + reason); }

/// Values are not repeated, here nor below: whoever forgot to encode an '&' in a password finds a piece of it there.
[[noreturn]] void wants(std::string_view name, std::string_view what)
{
    refuse("'" + std::string(name) + "' wants " + std::string(what));
}

/// Options while they are read.
struct Draft {
    Options options;
    std::optional<std::size_t> overflow;
};

/// One row of the table in options.hpp. `write` gives what `read` reads back.
struct Parameter {
    std::string_view name;
    std::array<std::string_view, 3> also;
    void (*read)(Draft&, std::string_view name, std::string_view value);
    std::string (*write)(const Draft&);
};

template <bool Options::* member>
void read_switch(Draft& draft, std::string_view name, std::string_view value)
{
    const auto read = read_boolean(value);
    if (!read) wants(name, "true or false (or on, off, 1, 0)");
    draft.options.*member = *read;
}

template <bool Options::* member>
std::string write_switch(const Draft& draft)
{
    return draft.options.*member ? "true" : "false";
}

template <auto member, std::uint64_t min, std::uint64_t max>
void read_number(Draft& draft, std::string_view name, std::string_view value)
{
    const auto read = read_count(value, max);
    if (!read || *read < min) wants(name, "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
    draft.options.*member = *read;
}

template <auto member>
std::string write_number(const Draft& draft)
{
    return std::to_string(draft.options.*member);
}

template <milliseconds Options::* member, bool zero_fits>
void read_time(Draft& draft, std::string_view name, std::string_view value)
{
    const auto read = read_duration(value);
    if (!read || (!zero_fits && read->count() == 0))
        wants(name, zero_fits ? "a time such as 10s, 500ms, 2min or 1h, from 0 to 366 days"
                              : "a time such as 10s, 500ms, 2min or 1h, more than 0 and at most 366 days");
    draft.options.*member = *read;
}

template <milliseconds Options::* member>
std::string write_time(const Draft& draft)
{
    return write_duration(draft.options.*member);
}

void read_overflow(Draft& draft, std::string_view name, std::string_view value)
{
    const auto read = read_count(value, connections_max);
    if (!read) wants(name, "a whole number from 0 to " + std::to_string(connections_max));
    draft.overflow = *read;
}

std::string write_overflow(const Draft& draft) { return draft.overflow ? std::to_string(*draft.overflow) : ""; }

void read_pooler(Draft& draft, std::string_view name, std::string_view value)
{
    using enum Options::Pooler;
    static constexpr std::array<std::string_view, 4> transactional{"transaction", "pgbouncer", "supavisor", "odyssey"};
    if (value == "auto") draft.options.pooler = automatic;
    else if (value == "none") draft.options.pooler = none;
    else if (value == "session") draft.options.pooler = session;
    else if (std::find(transactional.begin(), transactional.end(), value) != transactional.end())
        draft.options.pooler = transaction;
    else wants(name, "auto, none, transaction or session (or pgbouncer, supavisor, odyssey, which mean transaction)");
}

std::string write_pooler(const Draft& draft)
{
    using enum Options::Pooler;
    switch (draft.options.pooler) {
    case automatic: return "auto";
    case none: return "none";
    case session: return "session";
    case transaction: break;
    }
    return "transaction";
}

void read_isolation(Draft& draft, std::string_view name, std::string_view value)
{
    std::string word(value);
    for (char& c : word) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == ' ' || c == '-') c = '_';
    }
    if (word == "read_committed") draft.options.isolation = Isolation::read_committed;
    else if (word == "repeatable_read") draft.options.isolation = Isolation::repeatable_read;
    else if (word == "serializable") draft.options.isolation = Isolation::serializable;
    else wants(name, "read_committed, repeatable_read or serializable");
}

std::string write_isolation(const Draft& draft)
{
    switch (draft.options.isolation) {
    case Isolation::read_committed: return "read_committed";
    case Isolation::repeatable_read: return "repeatable_read";
    case Isolation::serializable: break;
    }
    return "serializable";
}

void read_application_name(Draft& draft, std::string_view name, std::string_view value)
{
    const auto plain = [](char c) { return c >= 0x20 && c < 0x7f; };
    if (value.empty() || value.size() > application_name_max || !std::all_of(value.begin(), value.end(), plain))
        wants(name, "1 to 63 characters of ASCII");
    draft.options.application_name = value;
}

std::string write_application_name(const Draft& draft) { return draft.options.application_name; }

void read_host_order(Draft& draft, std::string_view name, std::string_view value)
{
    if (value != "disable" && value != "random") wants(name, "disable or random");
    draft.options.random_hosts = value == "random";
}

std::string write_host_order(const Draft& draft) { return draft.options.random_hosts ? "random" : "disable"; }

void read_replicas(Draft& draft, std::string_view name, std::string_view value)
{
    if (draft.options.engine != Engine::postgresql) refuse("'" + std::string(name) + "' is for PostgreSQL");
    check_hosts(value);
    draft.options.replicas = value;
}

std::string write_replicas(const Draft& draft) { return draft.options.replicas; }

template <auto member, std::uint64_t min, std::uint64_t max>
constexpr Parameter number(std::string_view name, std::array<std::string_view, 3> also = {})
{
    return {name, also, read_number<member, min, max>, write_number<member>};
}

template <milliseconds Options::* member, bool zero_fits>
constexpr Parameter time(std::string_view name, std::array<std::string_view, 3> also = {})
{
    return {name, also, read_time<member, zero_fits>, write_time<member>};
}

template <bool Options::* member>
constexpr Parameter toggle(std::string_view name)
{
    return {name, {}, read_switch<member>, write_switch<member>};
}

constexpr std::uint64_t queries_max = std::numeric_limits<std::int64_t>::max();

constexpr std::array parameters{
    number<&Options::min_size, 0, connections_max>("min_size", {"pool_min", "pool_size", "pool_min_conns"}),
    number<&Options::max_size, 1, connections_max>("max_size", {"pool_max", "pool_max_conns"}),
    Parameter{"max_overflow", {"pool_overflow"}, read_overflow, write_overflow},
    time<&Options::acquire_timeout, false>("acquire_timeout", {"pool_timeout"}),
    time<&Options::connect_timeout, false>("connect_timeout"),
    time<&Options::command_timeout, false>("command_timeout"),
    number<&Options::max_queries, 0, queries_max>("max_queries"),
    time<&Options::max_idle, false>("max_idle", {"max_inactive_connection_lifetime", "pool_max_conn_idle_time"}),
    time<&Options::max_lifetime, true>("max_lifetime", {"pool_recycle"}),
    toggle<&Options::raw_sql>("raw_sql"),
    toggle<&Options::no_prepare>("no_prepare"),
    number<&Options::statement_cache_size, 0, statements_max>(
        "statement_cache_size", {"prepared_statement_cache_size", "statement_cache_capacity"}),
    toggle<&Options::sharing>("sharing"),
    Parameter{"pooler", {}, read_pooler, write_pooler},
    Parameter{"isolation_level", {"isolation"}, read_isolation, write_isolation},
    Parameter{"application_name", {}, read_application_name, write_application_name},
    time<&Options::drain_timeout, true>("drain_timeout"),
    time<&Options::leak_warning, true>("leak_warning"),
    Parameter{"load_balance_hosts", {}, read_host_order, write_host_order},
    Parameter{"replicas", {}, read_replicas, write_replicas},
    number<&Options::replica_max_size, 1, connections_max>("replica_max_size"),
    time<&Options::max_replica_lag, true>("max_replica_lag"),
};

/// Other programs' words for a value of ours.
constexpr std::array<std::string_view, 4> foreign{"prepare", "prepare_threshold", "default_query_exec_mode",
                                                  "pgbouncer"};

constexpr std::string_view shown_name(Engine engine)
{
    if (engine == Engine::sqlite) return "SQLite";
    return engine == Engine::mysql ? "MySQL" : "PostgreSQL";
}

template <class Names>
bool contains(const Names& names, std::string_view name)
{
    return !name.empty() && std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// `prepare=false` and its like in our words; anything else as it is.
std::pair<std::string_view, std::string_view> in_our_words(std::string_view name, std::string_view value)
{
    if (!contains(foreign, name)) return {name, value};
    if (name == "prepare_threshold") {
        if (value != "0" && value != "None")
            wants(name, "0: statements are prepared at once or, with no_prepare, not at all");
        return {"no_prepare", "true"};
    }
    if (name == "default_query_exec_mode") {
        if (value != "simple_protocol") wants(name, "simple_protocol, which is raw_sql=true here");
        return {"raw_sql", "true"};
    }
    const auto on = read_boolean(value);
    if (!on) wants(name, "true or false (or on, off, 1, 0)");
    if (name == "prepare") return {"no_prepare", *on ? "false" : "true"};
    return {"pooler", *on ? "transaction" : "auto"};
}

const Parameter* find_parameter(std::string_view name)
{
    for (const Parameter& parameter : parameters)
        if (parameter.name == name || contains(parameter.also, name)) return &parameter;
    return nullptr;
}

std::vector<std::string_view> known_names(Engine engine)
{
    std::vector<std::string_view> names(foreign.begin(), foreign.end());
    for (const Parameter& parameter : parameters) {
        names.push_back(parameter.name);
        for (const std::string_view alias : parameter.also)
            if (!alias.empty()) names.push_back(alias);
    }
    const auto own = names_of(engine);
    names.insert(names.end(), own.begin(), own.end());
    return names;
}

[[noreturn]] void refuse_unknown(const UrlParameter& given, Engine engine)
{
    if (given.name == "timeout")
        refuse("'timeout' could mean acquire_timeout, connect_timeout or command_timeout: write the one that is meant");
    if (given.name == "client_encoding") refuse("'client_encoding' cannot be chosen: it is always UTF-8");
    if (given.name == "replication") refuse("'replication' is not something a pool can do");
    if (engine == Engine::mysql && (given.name == "charset" || given.name == "collation"))
        refuse("'" + given.name + "' cannot be chosen: it is always utf8mb4");
    for (const Engine other : {Engine::postgresql, Engine::mysql})
        if (contains(names_of(other), given.name))
            refuse("'" + given.name + "' is for " + std::string(shown_name(other)) + " and means nothing to " +
                   std::string(shown_name(engine)));
    const auto plain = [](char c) { return c > 0x20 && c < 0x7f; };
    const bool shown =
        given.may_be_shown && given.name.size() <= 64 && std::all_of(given.name.begin(), given.name.end(), plain);
    const auto names = known_names(engine);
    refuse((shown ? "there is no parameter '" + given.name + "'"
                  : std::string("there is an unknown parameter (an '&' in a password is written %26)")) +
           "; the nearest known one is '" + std::string(nearest_name(given.name, names)) + "'");
}

/// Reads the parameters one after another and remembers who said what.
class Reader {
public:
    explicit Reader(const DatabaseUrl& url) : url_(url)
    {
        draft_.options.engine = url.engine;
        draft_.options.target = url.location;
        for (const std::string_view name : url.given) spelled_.try_emplace(name, name);
    }

    Options read() &&
    {
        for (const UrlParameter& given : url_.parameters) read_one(given);
        settle_sizes();
        check_preparing();
        if (url_.engine == Engine::mysql) check_mysql();
        return std::move(draft_.options);
    }

private:
    void read_one(const UrlParameter& given)
    {
        const auto [name, value] = in_our_words(given.name, given.value);
        if (const Parameter* parameter = find_parameter(name)) return read_ours(given, *parameter, name, value);
        if (!contains(names_of(url_.engine), given.name)) refuse_unknown(given, url_.engine);
        if (given.name == "ssl_mode" && !contains(ssl_modes, given.value))
            wants(given.name, "disabled, required, verify_ca or verify_identity");
        if (!spelled_.try_emplace(given.name, given.name).second) refuse("'" + given.name + "' is given twice");
        if (given.name == "target_session_attrs" && !contains(session_attrs, given.value))
            wants(given.name, "any, read-write, read-only, primary, standby or prefer-standby");
        draft_.options.target += pass_separator_ + given.written;
        pass_separator_ = "&";
    }

    void read_ours(const UrlParameter& given, const Parameter& parameter, std::string_view name, std::string_view value)
    {
        const auto [earlier, first] = spelled_.try_emplace(parameter.name, given.name);
        if (!first && earlier->second == given.name) refuse("'" + given.name + "' is given twice");
        const std::string before = parameter.write(draft_);
        parameter.read(draft_, name, value);
        if (!first && parameter.write(draft_) != before)
            refuse("'" + std::string(earlier->second) + "' and '" + given.name +
                   "' are the same option with different values");
    }

    bool has(std::string_view name) const { return spelled_.contains(name); }
    std::string spelled(std::string_view name) const { return "'" + std::string(spelled_.at(name)) + "'"; }

    /// A size that is not given makes room for the one that is.
    void settle_sizes()
    {
        Options& options = draft_.options;
        if (draft_.overflow) {
            if (has("max_size"))
                refuse(spelled("max_size") + " and " + spelled("max_overflow") + " both set the ceiling: give one");
            options.max_size = options.min_size + *draft_.overflow;
            if (options.max_size < 1 || options.max_size > connections_max)
                refuse("pool_size and max_overflow together have to be from 1 to " + std::to_string(connections_max));
        } else if (!has("max_size")) {
            options.max_size = std::max(options.max_size, options.min_size);
        } else if (!has("min_size")) {
            options.min_size = std::min(options.min_size, options.max_size);
        } else if (options.min_size > options.max_size) {
            refuse(spelled("min_size") + " (" + std::to_string(options.min_size) + ") is above " + spelled("max_size") +
                   " (" + std::to_string(options.max_size) + ")");
        }
    }

    void check_preparing() const
    {
        const Options& options = draft_.options;
        if (!has("no_prepare") || options.no_prepare) return;
        if (options.statement_cache_size == 0)
            refuse(spelled("no_prepare") + " asks for named statements and " + spelled("statement_cache_size") +
                   " keeps none");
        if (options.pooler == Options::Pooler::transaction)
            refuse(spelled("no_prepare") + " asks for named statements, which " + spelled("pooler") + " rules out");
    }

    void check_mysql() const
    {
        if (has("socket") == has("host"))
            refuse(has("host") ? "a host and a 'socket' cannot both be meant: give one"
                               : "name the host, mysql://user:password@host/database, or a unix 'socket'");
        if (has("socket") && has("port")) refuse("a port means nothing to a unix 'socket'");
        if (!has("user")) refuse("name the user: mysql://user:password@host/database");
    }

    const DatabaseUrl& url_;
    Draft draft_;
    std::map<std::string_view, std::string_view> spelled_; ///< which word of the URL set the option of that name
    std::string pass_separator_ = "?";
};

/// The target as a URL without its passwords.
std::string shown_target(const Options& options)
{
    if (options.engine == Engine::sqlite) return shown_sqlite_location(options.target);
    try {
        const DatabaseUrl url = split_database_url(options.target);
        std::string shown = url.shown_location;
        std::string_view separator = "?";
        for (const UrlParameter& parameter : url.parameters) {
            const bool secret = parameter.name == "password" || parameter.name == "sslpassword";
            shown += std::string(separator) + (secret ? parameter.name + "=***" : parameter.written);
            separator = "&";
        }
        return shown;
    } catch (const UsageError&) {
        // Set by hand, in a form that we cannot cut a password out of.
        return std::string(to_string(options.engine)) + "://***";
    }
}

} // namespace

Options Options::parse(std::string_view url)
{
    const DatabaseUrl split = split_database_url(url);
    return Reader(split).read();
}

std::string Options::describe() const
{
    std::string shown = shown_target(*this);
    char separator = shown.find('?') == std::string::npos ? '?' : '&';
    const Draft mine{*this, {}}, defaults;
    for (const Parameter& parameter : parameters) {
        const std::string value = parameter.write(mine);
        if (value == parameter.write(defaults)) continue;
        shown += separator + std::string(parameter.name) + '=' + percent_encode(value, "-._~");
        separator = '&';
    }
    return shown;
}

} // namespace trunkline::db
