// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline {

/// One setting, as the table in config.cpp declares it.
struct Setting {
    std::string_view name; ///< in the environment and in .env: "TRUNKLINE_LISTEN"
    std::string_view flag; ///< on the command line: "--listen"; empty for secrets, which would show in a process list
    std::string_view initial; ///< the default
    std::string_view help;
};

/// All settings there are: defaults < .env < environment < flags.
const std::vector<Setting>& all_settings();

/// A setting that cannot be used. The message says which, where it came from, and what would be right.
struct ConfigError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What the program was told. Values are looked up by the setting's name; empty means not set.
class Config {
public:
    using Environment = std::map<std::string, std::string>;

    /// Unknown TRUNKLINE_* and CRM_MYSQL_* names are refused with the nearest known one; near misses of the other names
    /// are noted in `warnings()`. Throws ConfigError.
    static Config load(const Environment& environment, const Environment& flags, std::string_view dotenv = {});

    const std::string& get(std::string_view name) const;
    bool is_set(std::string_view name) const { return !get(name).empty(); }
    /// true, false, 1, 0, on, off, yes, no.
    bool get_bool(std::string_view name) const;
    std::int64_t get_integer(std::string_view name, std::int64_t min, std::int64_t max) const;
    const std::vector<std::string>& warnings() const noexcept { return warnings_; }

    /// DATABASE_URL, or one made of DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME (a missing part is named), or the
    /// SQLite file in the data folder.
    std::string database_url() const;

private:
    void take(const Environment& from, std::string_view where, bool refuse_unknown);
    std::map<std::string, std::string, std::less<>> values_;
    std::vector<std::string> warnings_;
};

/// The pairs of a .env file: NAME=value, quotes optional, # comments. Throws ConfigError with the line's number.
Config::Environment parse_dotenv(std::string_view text);

} // namespace trunkline
