// SPDX-License-Identifier: MIT
#include "mysql/refusal.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <span>

namespace trunkline::db::mysql {

namespace {

using Numbers = std::span<const unsigned>;

bool among(unsigned number, Numbers numbers)
{
    return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

template <std::size_t n>
constexpr std::array<unsigned, n> numbers(const unsigned (&given)[n])
{
    return std::to_array(given);
}

// clang-format off
constexpr auto duplicate        = numbers({1022, 1062, 1169, 1557, 1586, 1859});
constexpr auto foreign_key      = numbers({1216, 1217, 1451, 1452, 1761, 1762});
constexpr auto null_value       = numbers({1048, 1263, 1364});
constexpr auto failed_check     = numbers({3819, 4025});
constexpr auto deadlock         = numbers({1213, 1614});
constexpr auto serialization    = numbers({1020, 3101});
constexpr auto lock_wait        = numbers({1205, 3572});
constexpr auto read_only        = numbers({1792, 1836, 3989});
constexpr auto no_connection    = numbers({1040, 1203, 1226});
constexpr auto wrong_password   = numbers({1045, 1698});
constexpr auto not_let_in       = numbers({1044, 1129, 1130, 1251, 1275, 1524, 1820, 1862, 3118, 4151});
constexpr auto no_privilege     = numbers({1142, 1143, 1227, 1370, 1410, 1419});
constexpr auto ended_by_server  = numbers({1053, 1079, 1080, 1152, 1184, 1927, 3032, 4031});
constexpr auto broken_line      = numbers({1042, 1043, 1047, 1158, 1159, 1160, 1161, 2006, 2012, 2013, 2014, 2027, 2055});
constexpr auto not_reached      = numbers({2002, 2003, 2004, 2005, 2026, 2054, 2058, 2059, 2060, 2061});
constexpr auto stopped          = numbers({1317, 1969, 3024});
constexpr auto syntax           = numbers({1064, 1065, 1149});
constexpr auto no_table         = numbers({1051, 1109, 1146});
constexpr auto no_function      = numbers({1128, 1305, 1318, 1582});
constexpr auto same_name        = numbers({1050, 1061});
constexpr auto out_of_range     = numbers({1264, 1690});
constexpr auto wrong_time       = numbers({1292, 1411, 1525});
constexpr auto wrong_value      = numbers({1265, 1366, 1367, 1918, 1919});
constexpr auto no_space         = numbers({1021, 1114});
constexpr auto no_memory        = numbers({1037, 1038, 1041, 2008});
constexpr auto not_supported    = numbers({1235, 1286, 1295});
constexpr auto in_transaction   = numbers({1179, 1192, 1399, 1400, 1568});
constexpr auto too_large        = numbers({1118, 1153, 1301, 2020});
// clang-format on

struct Row {
    Numbers numbers;
    std::string_view state;
};

constexpr std::array table{Row{duplicate, "23505"},       Row{foreign_key, "23503"},   Row{null_value, "23502"},
                           Row{failed_check, "23514"},    Row{deadlock, "40P01"},      Row{serialization, "40001"},
                           Row{lock_wait, "55P03"},       Row{read_only, "25006"},     Row{no_connection, "53300"},
                           Row{wrong_password, "28P01"},  Row{not_let_in, "28000"},    Row{no_privilege, "42501"},
                           Row{ended_by_server, "57P01"}, Row{broken_line, "08006"},   Row{not_reached, "08001"},
                           Row{stopped, "57014"},         Row{syntax, "42601"},        Row{no_table, "42P01"},
                           Row{no_function, "42883"},     Row{same_name, "42P07"},     Row{out_of_range, "22003"},
                           Row{wrong_time, "22007"},      Row{wrong_value, "22P02"},   Row{no_space, "53100"},
                           Row{no_memory, "53200"},       Row{not_supported, "0A000"}, Row{in_transaction, "25001"},
                           Row{too_large, "54000"}};

struct Single {
    unsigned number;
    std::string_view state;
};

constexpr std::array singles{Single{1007, "42P04"}, Single{1046, "3D000"}, Single{1049, "3D000"}, Single{1052, "42702"},
                             Single{1054, "42703"}, Single{1055, "42803"}, Single{1060, "42701"}, Single{1091, "42704"},
                             Single{1300, "22021"}, Single{1304, "42723"}, Single{1365, "22012"}, Single{1406, "22001"},
                             Single{1461, "53400"}, Single{1222, "42601"}, Single{1136, "42601"}};

/// Whose text holds what was in the row or in a parameter.
constexpr auto quoting =
    numbers({1022, 1062, 1265, 1292, 1300, 1366, 1367, 1411, 1525, 1557, 1586, 1690, 1859, 1918, 1919});

/// What stands between `before` and `after`, looked for from the end: what is quoted may hold such words itself.
std::string between(std::string_view text, std::string_view before, char after)
{
    const std::size_t at = text.rfind(before);
    if (at == text.npos) return {};
    text.remove_prefix(at + before.size());
    return std::string(text.substr(0, text.find(after)));
}

std::string without_values(const Failure& failure)
{
    if (!among(failure.number, quoting)) return failure.message;
    const std::string_view text = failure.message;
    const std::size_t opening = text.find('\'');
    if (opening == text.npos) return failure.message;
    std::size_t after = text.npos;
    for (const std::string_view words : {" for key ", " for column ", " for function "})
        if (const std::size_t at = text.rfind(words); at != text.npos && at > opening && after == text.npos) after = at;
    return std::string(text.substr(0, opening)) + "'…'" + (after == text.npos ? "" : std::string(text.substr(after)));
}

/// MySQL says table.key, MariaDB says key.
std::string key_name(std::string name)
{
    if (const std::size_t dot = name.find('.'); dot != name.npos) name.erase(0, dot + 1);
    return name;
}

std::string constraint_of(const Failure& failure)
{
    if (among(failure.number, duplicate)) return key_name(between(failure.message, " for key '", '\''));
    if (failure.number == 3819) return between(failure.message, "constraint '", '\'');
    if (!among(failure.number, foreign_key) && failure.number != 4025) return {};
    // With ANSI_QUOTES the server quotes in one way here and in the other there.
    for (const char quote : {'"', '`'}) {
        std::string name = between(failure.message, std::string("CONSTRAINT ") + quote, quote);
        if (!name.empty()) return name;
    }
    return {};
}

} // namespace

std::string state_of(const Failure& failure)
{
    // Which option it is that prevents the statement only the text says.
    if (failure.number == 1290) return failure.message.find("read") != std::string::npos ? "25006" : "0A000";
    if (failure.number == 1305 && failure.message.starts_with("SAVEPOINT")) return "3B001";
    for (const Row& row : table)
        if (among(failure.number, row.numbers)) return std::string(row.state);
    for (const Single& single : singles)
        if (single.number == failure.number) return std::string(single.state);
    const bool says_nothing = failure.state.empty() || failure.state == "HY000" || failure.state == "00000";
    return says_nothing ? "XX000" : failure.state;
}

bool ends_connection(const Failure& failure) noexcept
{
    return among(failure.number, ended_by_server) || among(failure.number, broken_line) || failure.number == 2026;
}

bool is_of_a_row(const Failure& failure)
{
    const std::string state = state_of(failure);
    return state.starts_with("22") || state.starts_with("23");
}

ErrorInfo describe_refusal(const Failure& failure)
{
    ErrorInfo info;
    info.sqlstate = state_of(failure);
    info.message = without_values(failure);
    info.constraint = constraint_of(failure);
    info.outcome = Outcome::rejected;
    if (failure.number == 1205)
        info.message = "a lock that another transaction holds was waited for in vain (lock wait timeout)";
    if (failure.number == 1213) info.message = "a deadlock was found and this transaction was rolled back";
    return info;
}

void describe_statement(ErrorInfo& info, const Statement& statement)
{
    const std::string_view own = statement.text().on(Engine::mysql);
    info.statement = own.empty() ? statement.text().on(Engine::postgresql) : own;
    info.place = statement.text().place();
}

void throw_connect_failed(std::string message, std::string sqlstate)
{
    ErrorInfo info;
    info.message = std::move(message);
    info.sqlstate = std::move(sqlstate);
    info.outcome = Outcome::not_sent;
    throw ConnectFailed(std::move(info));
}

void throw_connect_failed(const Failure& failure)
{
    throw_connect_failed("the database cannot be reached: " + failure.message,
                         failure ? state_of(failure) : std::string("08001"));
}

void throw_connect_timed_out()
{
    throw_connect_failed("the database did not answer in time while connecting", "08001");
}

void throw_cancelled() { throw boost::system::system_error(boost::asio::error::operation_aborted); }

ErrorInfo refusal_of(const Statement& statement, std::string_view state, std::string message)
{
    ErrorInfo info;
    describe_statement(info, statement);
    info.sqlstate = state;
    info.message = std::move(message);
    info.outcome = Outcome::not_sent;
    return info;
}

} // namespace trunkline::db::mysql
