// SPDX-License-Identifier: MIT
#include <mirror/mysql_connection.hpp>

#include <mysql.h>

#include <errmsg.h>

#include <sys/socket.h>

namespace trunkline::mirror {

namespace {

void start_library()
{
    static const bool ready = mysql_library_init(0, nullptr, nullptr) == 0;
    if (!ready) throw std::runtime_error("MariaDB Connector/C could not be initialised");
}

unsigned seconds(milliseconds time)
{
    return static_cast<unsigned>(std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(time).count()));
}

MYSQL_BIND bind_text(const Cell& cell)
{
    MYSQL_BIND bind{};
    bind.buffer_type = cell ? MYSQL_TYPE_STRING : MYSQL_TYPE_NULL;
    if (!cell) return bind;
    bind.buffer = const_cast<char*>(cell->data());
    bind.buffer_length = cell->size();
    return bind;
}

/// Where the cells of one row are fetched to.
class Landing {
public:
    explicit Landing(MYSQL_STMT& statement, unsigned columns)
        : texts_(columns), lengths_(columns), nulls_(columns), binds_(columns)
    {
        const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> about(mysql_stmt_result_metadata(&statement),
                                                                             &mysql_free_result);
        const MYSQL_FIELD* fields = mysql_fetch_fields(about.get());
        for (unsigned i = 0; i < columns; ++i) {
            texts_[i].resize(fields[i].max_length + 1);
            binds_[i].buffer_type = MYSQL_TYPE_STRING;
            binds_[i].buffer = texts_[i].data();
            binds_[i].buffer_length = texts_[i].size();
            binds_[i].length = &lengths_[i];
            binds_[i].is_null = &nulls_[i];
        }
    }

    MYSQL_BIND* binds() { return binds_.data(); }

    Cells row() const
    {
        Cells cells(texts_.size());
        for (std::size_t i = 0; i < cells.size(); ++i)
            if (!nulls_[i]) cells[i] = texts_[i].substr(0, lengths_[i]);
        return cells;
    }

private:
    std::vector<std::string> texts_;
    std::vector<unsigned long> lengths_;
    std::vector<my_bool> nulls_;
    std::vector<MYSQL_BIND> binds_;
};

} // namespace

void MysqlConnection::Close::operator()(st_mysql* handle) const noexcept { mysql_close(handle); }

void MysqlConnection::CloseStatement::operator()(st_mysql_stmt* statement) const noexcept
{
    mysql_stmt_close(statement);
}

MysqlConnection::MysqlConnection(const MirrorConfig& config) : config_(config) {}

MysqlConnection::~MysqlConnection() { close(); }

void MysqlConnection::set_options(st_mysql* handle) const
{
    const unsigned connect = seconds(config_.connect_timeout), answer = seconds(config_.answer_timeout), none = 0;
    const my_bool never = 0;
    mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
    mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &answer);
    mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &answer);
    mysql_options(handle, MYSQL_OPT_RECONNECT, &never);
    mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &none); // a server must not be able to ask for our files
    mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "trunkline");
}

void MysqlConnection::connect()
{
    start_library();
    close();
    std::unique_ptr<st_mysql, Close> made(mysql_init(nullptr));
    if (!made) throw std::bad_alloc();
    set_options(made.get());
    const bool local = !config_.socket.empty();
    // A host named "localhost" would mean a unix socket of the library's choice.
    const std::string host = config_.host == "localhost" ? "127.0.0.1" : config_.host;
    if (!mysql_real_connect(made.get(), local ? nullptr : host.c_str(), config_.user.c_str(), config_.password.c_str(),
                            config_.database.c_str(), local ? 0 : config_.port,
                            local ? config_.socket.c_str() : nullptr, 0))
        throw MysqlError(mysql_errno(made.get()), mysql_error(made.get()));
    handle_ = std::move(made);
    publish(static_cast<int>(mysql_get_socket(handle_.get())));
    prepare_session();
}

void MysqlConnection::prepare_session()
{
    run_text(
        "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', wait_timeout = 60,"
        " autocommit = 1");
    // The server should give up before we do: otherwise its session would still hold our lock when we come again.
    const unsigned patience = std::max(1u, seconds(config_.answer_timeout) * 2 / 3);
    run_text("SET SESSION lock_wait_timeout = " + std::to_string(patience) +
             ", innodb_lock_wait_timeout = " + std::to_string(patience));
    if (mariadb_connection(handle_.get())) run_text("SET SESSION max_statement_time = " + std::to_string(patience));
}

void MysqlConnection::publish(int line)
{
    const std::lock_guard lock(line_mutex_);
    line_ = line;
}

void MysqlConnection::close() noexcept
{
    publish(-1);
    handle_.reset();
}

void MysqlConnection::interrupt() noexcept
{
    const std::lock_guard lock(line_mutex_);
    if (line_ >= 0) ::shutdown(line_, SHUT_RDWR);
}

void MysqlConnection::ping()
{
    if (!handle_) throw MysqlError(CR_SERVER_LOST, "the connection is closed");
    if (mysql_ping(handle_.get()) != 0) fail();
}

void MysqlConnection::run_text(const std::string& sql)
{
    if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) fail();
}

std::uint64_t MysqlConnection::execute(const std::string& sql, const Cells& values)
{
    const auto statement = run_bound(sql, values);
    return mysql_stmt_affected_rows(statement.get());
}

std::vector<Cells> MysqlConnection::query(const std::string& sql, const Cells& values)
{
    const auto statement = run_bound(sql, values);
    return read_all(*statement);
}

void MysqlConnection::try_out(const std::string& sql) { prepare(sql); }

MysqlConnection::StatementPtr MysqlConnection::prepare(const std::string& sql)
{
    if (!handle_) throw MysqlError(CR_SERVER_LOST, "the connection is closed");
    StatementPtr statement(mysql_stmt_init(handle_.get()));
    if (!statement) throw std::bad_alloc();
    if (mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0) fail(*statement);
    return statement;
}

MysqlConnection::StatementPtr MysqlConnection::run_bound(const std::string& sql, const Cells& values)
{
    auto statement = prepare(sql);
    std::vector<MYSQL_BIND> binds;
    binds.reserve(values.size());
    for (const auto& value : values) binds.push_back(bind_text(value));
    if (!binds.empty() && mysql_stmt_bind_param(statement.get(), binds.data()) != 0) fail(*statement);
    if (mysql_stmt_execute(statement.get()) != 0) fail(*statement);
    return statement;
}

std::vector<Cells> MysqlConnection::read_all(st_mysql_stmt& statement)
{
    const my_bool measured = 1;
    mysql_stmt_attr_set(&statement, STMT_ATTR_UPDATE_MAX_LENGTH, &measured);
    if (mysql_stmt_store_result(&statement) != 0) fail(statement);
    Landing landing(statement, mysql_stmt_field_count(&statement));
    if (mysql_stmt_bind_result(&statement, landing.binds()) != 0) fail(statement);
    std::vector<Cells> rows;
    for (;;) {
        const int fetched = mysql_stmt_fetch(&statement);
        if (fetched == MYSQL_NO_DATA) return rows;
        if (fetched != 0) fail(statement);
        rows.push_back(landing.row());
    }
}

std::string MysqlConnection::quoted(std::string_view name)
{
    std::string text = "`";
    for (const char c : name) text.append(c == '`' ? 2 : 1, c);
    return text + "`";
}

void MysqlConnection::fail() { throw MysqlError(mysql_errno(handle_.get()), mysql_error(handle_.get())); }

void MysqlConnection::fail(st_mysql_stmt& statement)
{
    throw MysqlError(mysql_stmt_errno(&statement), mysql_stmt_error(&statement));
}

} // namespace trunkline::mirror
