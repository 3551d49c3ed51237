// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/executor.hpp>

namespace trunkline::db {

using std::chrono::milliseconds;

/// Everything a database URL may say, with its defaults. The URL's own part (host, user, database, file) stays in
/// `target`; the parameters of ours are taken out of it.
///
/// | parameter | also accepted as | default |
/// |---|---|---|
/// | `min_size` | `pool_min`, `pool_size`, `pool_min_conns` | 5 |
/// | `max_size` | `pool_max`, `pool_max_conns` | 20 |
/// | `max_overflow` | `pool_overflow` | sets `max_size` to `pool_size` plus this |
/// | `acquire_timeout` | `pool_timeout` | 10s |
/// | `connect_timeout` | | 10s |
/// | `command_timeout` | | 30s |
/// | `max_queries` | | 50000 |
/// | `max_idle` | `max_inactive_connection_lifetime`, `pool_max_conn_idle_time` | 300s |
/// | `max_lifetime` | `pool_recycle` | 1800s |
/// | `raw_sql` | `default_query_exec_mode=simple_protocol` | false |
/// | `no_prepare` | `prepare=false`, `prepare_threshold=0` | false |
/// | `statement_cache_size` | `prepared_statement_cache_size`, `statement_cache_capacity` | 100 |
/// | `sharing` | | true |
/// | `pooler`: auto, none, transaction, session | `pgbouncer=true`, the names pgbouncer, supavisor, odyssey: transaction | auto |
/// | `isolation_level` | `isolation` | read_committed |
/// | `application_name` | | trunkline |
/// | `drain_timeout` | | 10s |
/// | `leak_warning` | | 30s |
/// | `load_balance_hosts`: disable, random | | disable |
/// | `replicas`: host[:port][,host[:port]…] | | none |
/// | `replica_max_size` | | 10 |
/// | `max_replica_lag` | | 10s |
///
/// Times are seconds without a unit, or carry ms, s, min, h. libpq's own parameters (sslmode, target_session_attrs, …)
/// stay in `target`, as do MySQL's (docs/mysql.md). When only one of the two sizes is given, the other makes room.
class Options {
public:
    /// How the pool treats what stands between it and PostgreSQL.
    enum class Pooler {
        automatic,   ///< recognised on each connection
        none,        ///< there is none; one that is recognised all the same is treated as `transaction`
        transaction, ///< one that may lend another server for each transaction, even if it cannot be recognised
        session,     ///< one that keeps a server for each of our connections: named statements are safe
    };
    /// A task that asks the pool for a connection while it keeps one can wait for itself for ever.
    enum class Nested { refuse, allow };

    Options() {}

    /// Reads `postgresql://…`, `postgres://…`, `mysql://…`, `mariadb://…`, `sqlite:///absolute/file`,
    /// `sqlite:relative/file`, `sqlite::memory:`.
    /// Unknown parameters are refused with the nearest known name, ambiguous ones (`timeout`) with the ones meant,
    /// contradictions (`min_size` above `max_size`) with both. Throws UsageError; the message never holds a password.
    static Options parse(std::string_view url);

    /// The URL that `parse` would read back to the same options, the password replaced by `***`.
    std::string describe() const;

    Engine engine = Engine::sqlite;
    /// For PostgreSQL a URL that libpq understands, for MySQL one without the parameters that are options here (both may
    /// hold a password: never log them); for SQLite the file, or ":memory:".
    std::string target;

    std::size_t min_size = 5;               ///< connections that are kept open
    std::size_t max_size = 20;              ///< never more, as the server counts them
    milliseconds acquire_timeout{10'000};   ///< the longest wait for a connection
    milliseconds connect_timeout{10'000};   ///< for one attempt to connect, log-in included
    milliseconds command_timeout{30'000};   ///< for one statement or unit; then it is stopped on the server
    std::uint64_t max_queries = 50'000;     ///< a connection retires after so many; 0 is never
    milliseconds max_idle{300'000};         ///< an idle connection above the floor closes after this
    milliseconds max_lifetime{1'800'000};   ///< a connection retires at this age, up to a tenth earlier; 0 is never
    bool raw_sql = false;                   ///< statements without parameters use the simple protocol
    bool no_prepare = false;                ///< no named statements: what a transaction pooler needs
    std::size_t statement_cache_size = 100; ///< named statements kept for each connection; 0 is as `no_prepare`
    bool sharing = true;                    ///< short statements of several callers share connections
    Pooler pooler = Pooler::automatic;
    Isolation isolation = Isolation::read_committed; ///< of transactions that do not ask for another
    std::string application_name = "trunkline";
    Nested nested = Nested::refuse;       ///< what becomes of a second connection that one task asks for
    milliseconds drain_timeout{10'000};   ///< default of `Pool::drain`
    milliseconds leak_warning{30'000};    ///< a lease older than this is reported once; 0 is never
    bool random_hosts = false;            ///< several hosts are tried in any order instead of that of the URL
    std::string replicas;                 ///< where `Pool::read()` looks for standbys, as hosts stand in a URL;
                                          ///< empty: among the URL's own hosts, when it has several
    std::size_t replica_max_size = 10;    ///< connections to standbys at most, beside `max_size`
    milliseconds max_replica_lag{10'000}; ///< reads go to the primary when a standby is further behind; 0: never

    /// True when named statements must not be used whatever stands in between.
    bool pooler_safe() const noexcept
    {
        return no_prepare || statement_cache_size == 0 || pooler == Pooler::transaction;
    }
};

/// `url` with `raw_sql=true`, `no_prepare=true` and `statement_cache_size=0` added once: after `?`, or `&` when there
/// is one, and before any `#`. A parameter that is there already is left as it is.
std::string supavisor_ready(std::string_view url);

} // namespace trunkline::db
