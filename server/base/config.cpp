// SPDX-License-Identifier: MIT
#include <base/config.hpp>

#include <base/nearest.hpp>
#include <base/utf8.hpp>

#include <algorithm>
#include <charconv>

namespace trunkline {

const std::vector<Setting>& all_settings()
{
    static const std::vector<Setting> settings{
        {"TRUNKLINE_LISTEN", "--listen", "127.0.0.1:8080", "address and port to serve on"},
        {"TRUNKLINE_DATA_DIR", "--data-dir", "./data", "folder of the SQLite file and the lock"},
        {"TRUNKLINE_PUBLIC_URL", "--public-url", "",
         "how browsers reach this server, when it stands behind a proxy: https://crm.example.test"},
        {"TRUNKLINE_TRUSTED_PROXIES", "--trusted-proxies", "",
         "addresses or networks whose X-Forwarded-For is believed, comma separated"},
        {"TRUNKLINE_REGISTRATION", "--registration", "closed", "who may register: closed, approve, open"},
        {"TRUNKLINE_DEFAULT_REGION", "--default-region", "US",
         "country of telephone numbers without a prefix, for a new tenant"},
        {"TRUNKLINE_CRM_WAIT_MAX", "--crm-wait-max", "5", "seconds a saved transcript waits for its CRM entry"},
        {"TRUNKLINE_MODEL_URL", "--model-url", "", "an OpenAI-compatible service: https://models.example.test/v1"},
        {"TRUNKLINE_MODEL_NAME", "--model-name", "", "the model to ask there"},
        {"TRUNKLINE_MODEL_KEY", "", "", "its key"},
        {"TRUNKLINE_LOG_LEVEL", "--log-level", "info", "debug, info, warning, error"},
        {"TRUNKLINE_WEB_DIR", "--web-dir", "",
         "serve the pages from this folder instead of those in the program (while developing)"},
        {"DATABASE_URL", "", "", "postgresql://… or sqlite:///…; without it, SQLite in the data folder"},
        {"DATABASE_DIRECT_URL", "", "", "the same PostgreSQL without a pooler in between: for migrations"},
        {"DB_HOST", "", "", "parts of a PostgreSQL URL, instead of DATABASE_URL"},
        {"DB_PORT", "", "5432", ""},
        {"DB_USER", "", "", ""},
        {"DB_PASSWORD", "", "", ""},
        {"DB_NAME", "", "", ""},
        {"CRM_MYSQL_ENABLED", "", "false", "copy each message into the MySQL table of another CRM"},
        {"CRM_MYSQL_HOST", "", "", ""},
        {"CRM_MYSQL_PORT", "", "3306", ""},
        {"CRM_MYSQL_SOCKET", "", "", ""},
        {"CRM_MYSQL_USER", "", "", ""},
        {"CRM_MYSQL_PASSWORD", "", "", ""},
        {"CRM_MYSQL_DATABASE", "", "", ""},
        {"CRM_MYSQL_TABLE", "", "messages", ""},
    };
    return settings;
}

namespace {

std::vector<std::string_view> known_names()
{
    std::vector<std::string_view> names;
    for (const Setting& setting : all_settings()) names.push_back(setting.name);
    return names;
}

std::string did_you_mean(std::string_view near)
{
    return near.empty() ? "" : "; did you mean " + std::string(near) + "?";
}

std::string percent_encoded(std::string_view text)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '~') encoded += c;
        else
            (encoded += '%') +=
                {digits[static_cast<unsigned char>(c) >> 4], digits[static_cast<unsigned char>(c) & 15]};
    }
    return encoded;
}

} // namespace

Config Config::load(const Environment& environment, const Environment& flags, std::string_view dotenv)
{
    Config config;
    for (const Setting& setting : all_settings()) config.values_[std::string(setting.name)] = setting.initial;
    config.take(parse_dotenv(dotenv), ".env", true);
    config.take(environment, "the environment", false);
    config.take(flags, "the command line", true);
    return config;
}

void Config::take(const Environment& from, std::string_view where, bool refuse_unknown)
{
    const auto names = known_names();
    for (const auto& [name, value] : from) {
        if (const auto found = values_.find(name); found != values_.end()) {
            found->second = value;
            continue;
        }
        const std::string_view near = nearest(name, names);
        if (refuse_unknown || name.starts_with("TRUNKLINE_") || name.starts_with("CRM_MYSQL_"))
            throw ConfigError("there is no setting " + name + " (in " + std::string(where) + ")" + did_you_mean(near));
        const bool ours = name.starts_with("DATABASE_") || name.starts_with("DB_");
        if (ours && !near.empty())
            warnings_.push_back("the environment has " + name + ", which is no setting of Trunkline" +
                                did_you_mean(near));
    }
}

const std::string& Config::get(std::string_view name) const
{
    const auto found = values_.find(name);
    if (found == values_.end()) throw std::logic_error("no such setting: " + std::string(name));
    return found->second;
}

bool Config::get_bool(std::string_view name) const
{
    const std::string value = ascii_lower(get(name));
    if (value == "true" || value == "1" || value == "on" || value == "yes") return true;
    if (value == "false" || value == "0" || value == "off" || value == "no" || value.empty()) return false;
    throw ConfigError(std::string(name) + " must be true or false");
}

std::int64_t Config::get_integer(std::string_view name, std::int64_t min, std::int64_t max) const
{
    const std::string& value = get(name);
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (failure != std::errc{} || end != value.data() + value.size() || number < min || number > max)
        throw ConfigError(std::string(name) + " must be a whole number between " + std::to_string(min) + " and " +
                          std::to_string(max));
    return number;
}

std::string Config::database_url() const
{
    if (is_set("DATABASE_URL")) return get("DATABASE_URL");
    const bool any = is_set("DB_HOST") || is_set("DB_USER") || is_set("DB_PASSWORD") || is_set("DB_NAME");
    if (!any) return "sqlite:" + get("TRUNKLINE_DATA_DIR") + "/trunkline.db";
    for (const std::string_view part : {"DB_HOST", "DB_USER", "DB_NAME"})
        if (!is_set(part))
            throw ConfigError(std::string(part) +
                              " is missing: DB_HOST, DB_USER and DB_NAME are needed together, or DATABASE_URL alone");
    const std::string password = is_set("DB_PASSWORD") ? ":" + percent_encoded(get("DB_PASSWORD")) : "";
    return "postgresql://" + percent_encoded(get("DB_USER")) + password + "@" + get("DB_HOST") + ":" + get("DB_PORT") +
           "/" + percent_encoded(get("DB_NAME"));
}

Config::Environment parse_dotenv(std::string_view text)
{
    Config::Environment pairs;
    for (int number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with("export ")) line = trimmed(line.substr(7));
        if (line.empty() || line.front() == '#') continue;
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos || equals == 0)
            throw ConfigError(".env, line " + std::to_string(number) + ": NAME=value is expected");
        std::string_view value = trimmed(line.substr(equals + 1));
        const bool quoted =
            value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
        if (quoted) value = value.substr(1, value.size() - 2);
        pairs[std::string(trimmed(line.substr(0, equals)))] = value;
    }
    return pairs;
}

} // namespace trunkline
