// SPDX-License-Identifier: MIT
#include <app/settings.hpp>

namespace trunkline {

namespace {

std::string host_of(const std::string& listen) { return listen.substr(0, listen.rfind(':')); }

bool is_loopback(const std::string& host)
{
    return host == "localhost" || host == "[::1]" || host == "::1" || host.starts_with("127.");
}

std::vector<std::string> split(std::string_view list)
{
    std::vector<std::string> parts;
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        const std::string_view part = list.substr(0, comma);
        if (!part.empty()) parts.emplace_back(part);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return parts;
}

/// The program keeps what it knows in SQLite or PostgreSQL; the library can do more.
db::Options stored_in(const std::string& url)
{
    db::Options options = db::Options::parse(url);
    if (options.engine == db::Engine::mysql)
        throw db::UsageError("database URL: this program keeps its data in SQLite or PostgreSQL, not in MySQL or "
                             "MariaDB; to copy clients into one, set CRM_MYSQL_ENABLED and its companions");
    return options;
}

} // namespace

accounts::Registration registration_of(const Config& config)
{
    accounts::Registration mode{};
    if (!boost::describe::enum_from_string(config.get("TRUNKLINE_REGISTRATION").c_str(), mode))
        throw ConfigError("TRUNKLINE_REGISTRATION must be closed, approve or open");
    return mode;
}

mirror::MirrorConfig mirror_config_of(const Config& config)
{
    mirror::MirrorConfig mirror;
    mirror.enabled = config.get_bool("CRM_MYSQL_ENABLED");
    mirror.host = config.get("CRM_MYSQL_HOST");
    mirror.port = static_cast<std::uint16_t>(config.get_integer("CRM_MYSQL_PORT", 1, 65535));
    mirror.socket = config.get("CRM_MYSQL_SOCKET");
    mirror.user = config.get("CRM_MYSQL_USER");
    mirror.password = config.get("CRM_MYSQL_PASSWORD");
    mirror.database = config.get("CRM_MYSQL_DATABASE");
    mirror.table = config.get("CRM_MYSQL_TABLE");
    return mirror;
}

http::ServerOptions server_options_of(const Config& config)
{
    http::ServerOptions options;
    options.listen = split(config.get("TRUNKLINE_LISTEN"));
    try {
        options.trusted_proxies = http::TrustedProxies::parse(config.get("TRUNKLINE_TRUSTED_PROXIES"));
    } catch (const std::invalid_argument& error) {
        throw ConfigError(std::string("TRUNKLINE_TRUSTED_PROXIES: ") + error.what());
    }
    return options;
}

http::RouterOptions router_options_of(const Config& config)
{
    http::RouterOptions options;
    if (!config.is_set("TRUNKLINE_PUBLIC_URL")) return options;
    options.public_url = http::PublicUrl::parse(config.get("TRUNKLINE_PUBLIC_URL"));
    if (!options.public_url)
        throw ConfigError("TRUNKLINE_PUBLIC_URL must be like https://crm.example.test, without a path");
    return options;
}

db::Options database_options_of(const Config& config)
{
    try {
        return stored_in(config.database_url());
    } catch (const db::UsageError& error) {
        throw ConfigError(std::string(config.is_set("DATABASE_URL") ? "DATABASE_URL: " : "the database's settings: ") +
                          error.what());
    }
}

std::optional<db::Options> direct_options_of(const Config& config)
{
    // Also without an address of its own: who holds the lock for ever takes no connection from those who serve, and the
    // pool that serves can tell that it has lost all of its own.
    if (!config.is_set("DATABASE_DIRECT_URL") && database_options_of(config).engine != db::Engine::postgresql)
        return std::nullopt;
    try {
        db::Options options = config.is_set("DATABASE_DIRECT_URL") ? stored_in(config.get("DATABASE_DIRECT_URL"))
                                                                   : database_options_of(config);
        options.min_size = 1;
        options.max_size = 2; // one holds the lock, one migrates
        return options;
    } catch (const db::UsageError& error) {
        throw ConfigError(std::string("DATABASE_DIRECT_URL: ") + error.what());
    }
}

std::optional<agents::ModelOptions> model_options_of(const Config& config)
{
    if (!config.is_set("TRUNKLINE_MODEL_URL")) return std::nullopt;
    if (!config.is_set("TRUNKLINE_MODEL_NAME"))
        throw ConfigError("TRUNKLINE_MODEL_NAME is missing: which model is to be asked at TRUNKLINE_MODEL_URL");
    agents::ModelOptions options;
    options.base_url = config.get("TRUNKLINE_MODEL_URL");
    options.model = config.get("TRUNKLINE_MODEL_NAME");
    options.key = config.get("TRUNKLINE_MODEL_KEY");
    return options;
}

std::chrono::seconds crm_wait_max_of(const Config& config)
{
    return std::chrono::seconds(config.get_integer("TRUNKLINE_CRM_WAIT_MAX", 0, 60));
}

LogLevel log_level_of(const Config& config)
{
    const std::string& level = config.get("TRUNKLINE_LOG_LEVEL");
    if (level == "debug") return LogLevel::debug;
    if (level == "info") return LogLevel::info;
    if (level == "warning") return LogLevel::warning;
    if (level == "error") return LogLevel::error;
    throw ConfigError("TRUNKLINE_LOG_LEVEL must be debug, info, warning or error");
}

void refuse_open_http(const Config& config, bool insecure_http)
{
    const auto public_url = router_options_of(config).public_url;
    if (insecure_http || (public_url && public_url->https)) return;
    for (const std::string& address : split(config.get("TRUNKLINE_LISTEN")))
        if (!is_loopback(host_of(address)))
            throw ConfigError("serving on " + address +
                              " without https would send passwords in clear: put a proxy with https in front and set"
                              " TRUNKLINE_PUBLIC_URL=https://…, or start with --insecure-http");
}

} // namespace trunkline
