// SPDX-License-Identifier: MIT
#include "database_url.hpp"

#include <trunkline/db/error.hpp>

#include <algorithm>
#include <array>

namespace trunkline::db {

namespace {

constexpr std::string_view unreserved = "-._~";

[[noreturn]] void refuse(const std::string& reason) { throw UsageError("database URL: " + reason); }

constexpr bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int digit_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Calls `take` with each piece of `text` between the separators.
template <class Take>
void for_each_piece(std::string_view text, char separator, Take take)
{
    for (;;) {
        const std::size_t end = text.find(separator);
        take(text.substr(0, end));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

void check_characters(std::string_view url)
{
    for (const char c : url) {
        if (c == ' ') refuse("a space is written %20");
        if (c == '#') refuse("a '#' is written %23; nothing can follow a bare one");
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            refuse("it holds a control character, such as a newline");
    }
}

UrlParameter read_parameter(std::string_view written)
{
    const std::size_t equals = written.find('=');
    // Not shown: behind a password it may be the rest of it.
    if (equals == std::string_view::npos || equals == 0)
        refuse("each parameter is name=value, separated by '&'; an '&' inside a value is written %26");
    // libpq would refuse it as well, but not before it connects.
    if (written.find('=', equals + 1) != std::string_view::npos) refuse("an '=' inside a value is written %3D");
    return {percent_decode(written.substr(0, equals)), percent_decode(written.substr(equals + 1)),
            std::string(written)};
}

std::vector<UrlParameter> read_parameters(std::string_view query)
{
    std::vector<UrlParameter> parameters;
    if (query.empty()) return parameters;
    bool behind_password = false;
    for_each_piece(query, '&', [&](std::string_view written) {
        parameters.push_back(read_parameter(written));
        parameters.back().may_be_shown = !behind_password;
        behind_password = behind_password || parameters.back().name.find("pass") != std::string::npos;
    });
    return parameters;
}

void check_port(std::string_view port)
{
    int number = 0;
    for (const char c : port) {
        if (c < '0' || c > '9' || number > 65'535)
            refuse(
                "a port is a number from 1 to 65535; a ':' in a user name or password is written %3A, a '/' %2F, a '?' %3F");
        number = number * 10 + (c - '0');
    }
    if (!port.empty() && (number < 1 || number > 65'535)) refuse("a port is a number from 1 to 65535");
}

/// One host with its port, as `name:5432` or `[::1]:5432`.
void check_host(std::string_view host, std::vector<std::string_view>& given)
{
    std::string_view port;
    if (host.starts_with('[')) {
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos) refuse("an IPv6 address stands between '[' and ']'");
        const std::string_view address = host.substr(1, end - 1);
        if (address.empty() || address.find_first_not_of("0123456789abcdefABCDEF:.%") != std::string_view::npos)
            refuse("between '[' and ']' stands an IPv6 address");
        port = host.substr(end + 1);
        if (!port.empty() && port.front() != ':') refuse("behind the ']' of an address only ':' and a port may follow");
    } else {
        port = host.substr(std::min(host.find(':'), host.size()));
        host.remove_suffix(port.size());
        for (const char c : percent_decode(host))
            if (!is_letter_or_digit(c) && c != '/' && c != '_' && c != '@' &&
                unreserved.find(c) == std::string_view::npos)
                refuse(
                    "the host's name has a character that no host has; the user's name and password stand before an '@'");
    }
    if (!port.empty()) check_port(port.substr(1));
    if (!host.empty()) given.push_back("host");
    if (port.size() > 1) given.push_back("port");
}

/// The user's part before '@'. Answers where in it the password begins, or npos.
std::size_t read_user(std::string_view user, std::vector<std::string_view>& given)
{
    const std::size_t colon = user.find(':');
    percent_decode(user);
    if (colon != 0) given.push_back("user");
    if (colon == std::string_view::npos) return colon;
    given.push_back("password");
    return colon + 1;
}

/// What follows the "://" of an engine that is a server.
DatabaseUrl split_server(Engine engine, std::string_view rest)
{
    DatabaseUrl url{.engine = engine, .location = {}, .shown_location = {}, .given = {}, .parameters = {}};
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    if (std::count(rest.begin(), rest.end(), '@') > std::count(authority.begin(), authority.end(), '@') ||
        std::count(authority.begin(), authority.end(), '@') > 1)
        refuse("only one '@' may stand in it, before the host: in a user name, password or value it is written %40 "
               "(and '/' %2F, '?' %3F, ':' %3A)");

    const std::string_view location = rest.substr(0, rest.find('?'));
    const std::size_t at = authority.find('@');
    std::string shown(location);
    if (at != std::string_view::npos)
        if (const std::size_t password = read_user(authority.substr(0, at), url.given);
            password != std::string_view::npos)
            shown.replace(password, at - password, "***");
    const std::string_view hosts = at == std::string_view::npos ? authority : authority.substr(at + 1);
    for_each_piece(hosts, ',', [&](std::string_view host) { check_host(host, url.given); });

    const std::string_view name = location.substr(std::min(location.size(), authority.size() + 1));
    if (name.find('/') != std::string_view::npos) refuse("a '/' in the name of the database is written %2F");
    percent_decode(name);
    if (!name.empty()) url.given.push_back("dbname");

    const std::string scheme = std::string(to_string(engine)) + "://";
    url.location = scheme + std::string(location);
    url.shown_location = scheme + shown;
    if (location.size() < rest.size()) url.parameters = read_parameters(rest.substr(location.size() + 1));
    return url;
}

std::string read_sqlite_file(std::string_view written)
{
    if (written == ":memory:") return std::string(written);
    if (written.ends_with(":memory:")) refuse("a database in memory is written sqlite::memory:");
    if (written.starts_with("//")) {
        if (!written.starts_with("///"))
            refuse("write sqlite:relative/file or sqlite:///absolute/file: behind two slashes would stand a host");
        written.remove_prefix(2);
    }
    std::string file = percent_decode(written);
    if (file.starts_with("//")) refuse("three slashes begin an absolute file: sqlite:///absolute/file");
    if (file.starts_with("/./") || file.starts_with("/../"))
        refuse("three slashes begin an absolute file; a relative one is written without: sqlite:relative/file");
    if (file.empty() || file == "/")
        refuse("name the file: sqlite:///absolute/file, sqlite:relative/file or sqlite::memory:");
    if (file.ends_with('/')) refuse("SQLite needs a file, and a name that ends in '/' is a folder's");
    if (file.starts_with(':') || file.starts_with("file:"))
        refuse("a name that begins with ':' or 'file:' means something else to SQLite: write ./ before it");
    return file;
}

DatabaseUrl split_sqlite(std::string_view rest)
{
    DatabaseUrl url;
    const std::string_view written = rest.substr(0, rest.find('?'));
    url.location = read_sqlite_file(written);
    url.shown_location = shown_sqlite_location(url.location);
    if (written.size() < rest.size()) url.parameters = read_parameters(rest.substr(written.size() + 1));
    return url;
}

constexpr std::string_view forms =
    "postgresql://user:password@host/database, mysql://user:password@host/database, sqlite:///absolute/file, "
    "sqlite:relative/file or sqlite::memory:";

/// The schemes of the engines that are servers.
constexpr std::array<std::pair<std::string_view, Engine>, 4> schemes{{{"postgresql", Engine::postgresql},
                                                                      {"postgres", Engine::postgresql},
                                                                      {"mysql", Engine::mysql},
                                                                      {"mariadb", Engine::mysql}}};

/// The scheme in front of "://", or nothing: any other text before a ':' is not safe to repeat.
std::string_view shown_scheme(std::string_view url)
{
    const std::size_t end = url.find("://");
    if (end == std::string_view::npos || end == 0 || end > 40) return {};
    const std::string_view scheme = url.substr(0, end);
    const auto fits = [](char c) { return is_letter_or_digit(c) || c == '+' || c == '.' || c == '-'; };
    return std::all_of(scheme.begin(), scheme.end(), fits) ? scheme : std::string_view{};
}

[[noreturn]] void refuse_scheme(std::string_view url)
{
    const std::string_view scheme = shown_scheme(url);
    const std::string_view plain = scheme.substr(0, scheme.find('+'));
    const bool names_driver = plain.size() < scheme.size();
    for (const auto& [known, engine] : schemes)
        if (names_driver && plain == known)
            refuse("write " + std::string(to_string(engine)) + ":// instead of " + std::string(scheme) +
                   "://: the driver is not chosen in the URL");
    if (names_driver && plain == "sqlite")
        refuse("write sqlite:///absolute/file instead of " + std::string(scheme) +
               "://: the driver is not chosen in the URL");
    if (!scheme.empty()) refuse("'" + std::string(scheme) + "' is no scheme known here; write " + std::string(forms));
    refuse("write " + std::string(forms));
}

} // namespace

std::string percent_decode(std::string_view text)
{
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at];
            continue;
        }
        const int high = at + 2 < text.size() ? digit_value(text[at + 1]) : -1;
        const int low = at + 2 < text.size() ? digit_value(text[at + 2]) : -1;
        if (high < 0 || low < 0) refuse("a '%' needs two hexadecimal digits behind it; a '%' itself is written %25");
        if (high == 0 && low == 0) refuse("it cannot hold %00");
        decoded += static_cast<char>(high * 16 + low);
        at += 2;
    }
    return decoded;
}

std::string percent_encode(std::string_view text, std::string_view keep)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (is_letter_or_digit(c) || keep.find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            encoded += '%';
            encoded += digits[static_cast<unsigned char>(c) >> 4];
            encoded += digits[static_cast<unsigned char>(c) & 15];
        }
    }
    return encoded;
}

void check_hosts(std::string_view hosts)
{
    for_each_piece(hosts, ',', [](std::string_view host) {
        std::vector<std::string_view> given;
        if (host.find('@') != std::string_view::npos) refuse("the user's name and password stand in the URL, once");
        check_host(host, given);
        if (given.empty() || given.front() != "host") refuse("a host is missing between two commas");
    });
}

std::string shown_sqlite_location(std::string_view file)
{
    if (file == ":memory:") return "sqlite::memory:";
    return (file.starts_with('/') ? "sqlite://" : "sqlite:") + percent_encode(file, "-._~/");
}

DatabaseUrl split_database_url(std::string_view url)
{
    if (url.empty()) refuse("it is empty; write " + std::string(forms));
    check_characters(url);
    for (const auto& [scheme, engine] : schemes)
        if (url.starts_with(scheme) && url.substr(scheme.size()).starts_with("://"))
            return split_server(engine, url.substr(scheme.size() + 3));
    if (url.starts_with("sqlite:")) return split_sqlite(url.substr(7));
    refuse_scheme(url);
}

} // namespace trunkline::db
