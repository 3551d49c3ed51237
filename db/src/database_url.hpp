// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/types.hpp>

namespace trunkline::db {

/// One `name=value` behind the `?`.
struct UrlParameter {
    std::string name;         ///< decoded
    std::string value;        ///< decoded
    std::string written;      ///< as it stood in the URL
    bool may_be_shown = true; ///< false behind a password, of which it may be a piece that was cut off by a bare '&'
};

/// A database URL taken apart, nothing of it interpreted yet.
struct DatabaseUrl {
    Engine engine = Engine::sqlite;
    /// PostgreSQL and MySQL: all before the `?`, as written, behind `postgresql://` or `mysql://`. SQLite: the file,
    /// decoded, or ":memory:".
    std::string location;
    /// `location` with the password replaced by `***`; SQLite's file encoded again.
    std::string shown_location;
    /// What libpq would call the parts that `location` gives: user, password, host, port, dbname.
    std::vector<std::string_view> given;
    std::vector<UrlParameter> parameters;
};

/// Takes `url` apart, strictly: what could be read in two ways is refused. Throws UsageError, whose text never holds a
/// piece of the URL that might belong to a password.
DatabaseUrl split_database_url(std::string_view url);

/// Refuses what is no list of hosts as a URL has them: name[:port][,name[:port]…], each with a name.
void check_hosts(std::string_view hosts);

/// `file` as the location part of a sqlite: URL.
std::string shown_sqlite_location(std::string_view file);

/// Each %XX as the byte it stands for. Throws UsageError when it is not whole, or %00.
std::string percent_decode(std::string_view text);

/// Everything but letters, digits and `keep` as %XX.
std::string percent_encode(std::string_view text, std::string_view keep);

} // namespace trunkline::db
