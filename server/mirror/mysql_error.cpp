// SPDX-License-Identifier: MIT
#include <mirror/mysql_error.hpp>

#include <algorithm>
#include <initializer_list>

namespace trunkline::mirror {

namespace {

using Numbers = std::initializer_list<unsigned>;

bool among(unsigned number, Numbers numbers) { return std::ranges::find(numbers, number) != numbers.end(); }

// Too many connections, refused at the door, unknown database, shut down, killed, lost on the way, idle too long.
constexpr Numbers of_the_connection{1040, 1042, 1043, 1044, 1045, 1047, 1049, 1053, 1077, 1079, 1080, 1129,
                                    1130, 1152, 1156, 1157, 1158, 1159, 1160, 1161, 1184, 1203, 1226, 1251,
                                    1275, 1524, 1698, 1862, 1927, 2068, 3032, 3118, 3159, 4031, 4151};

// Too long, no such character, out of range, NULL where none may be, a duplicate, a missing parent, a check or a
// trigger of the table's owner that says no.
constexpr Numbers of_the_row{1022, 1048, 1062, 1169, 1216, 1264, 1265, 1292, 1300, 1366, 1367, 1406,
                             1411, 1452, 1525, 1557, 1586, 1644, 1690, 3819, 3854, 3988, 4025};

// Row errors whose text quotes what was in the row.
constexpr Numbers quoting{1062, 1265, 1292, 1300, 1366, 1367, 1411, 1525, 1557, 1586, 1690};

constexpr Numbers of_keys{1062, 1557, 1586};

// No space, no such table or column, no rights, a column without a default, a deadlock, a time limit, read-only.
constexpr Numbers of_the_target{1015, 1016, 1021, 1026, 1030, 1034, 1035, 1036, 1041, 1054, 1099, 1100, 1114, 1142,
                                1143, 1146, 1153, 1180, 1194, 1195, 1205, 1206, 1213, 1223, 1227, 1290, 1317, 1364,
                                1412, 1614, 1637, 1766, 1785, 1792, 1836, 1969, 3024, 3101, 3572, 3989};

constexpr unsigned first_client_error = 2000, last_client_error = 2999;

} // namespace

MysqlError::MysqlError(unsigned number, std::string_view server_text)
    : std::runtime_error(without_values(number, server_text) + " (MySQL error " + std::to_string(number) + ")"),
      number_(number)
{}

Trouble MysqlError::trouble() const noexcept
{
    if (among(number_, of_the_connection)) return Trouble::connection;
    if (among(number_, of_the_row)) return Trouble::row;
    if (among(number_, of_the_target)) return Trouble::target;
    if (number_ >= first_client_error && number_ <= last_client_error) return Trouble::connection;
    return Trouble::unclear;
}

std::string_view MysqlError::advice() const noexcept
{
    switch (number_) {
    case 1045:
    case 1698: return "check CRM_MYSQL_USER and CRM_MYSQL_PASSWORD";
    case 1044:
    case 1049: return "check CRM_MYSQL_DATABASE and that the user may use it";
    case 1130: return "let this machine's address log in: CREATE USER …@'address'";
    case 1040:
    case 1203: return "the server has no connection left; raise its max_connections";
    case 1054:
    case 1364: return "the table has changed; compare it with what the mirror needs";
    case 1142:
    case 1143: return "grant the user SELECT and INSERT on the table";
    case 1146: return "check CRM_MYSQL_TABLE";
    case 1021:
    case 1114: return "the server has no space left for the table";
    case 1290:
    case 1792:
    case 1836: return "the server is read-only; name the one that takes writes, or wait until it does";
    default: break;
    }
    if (number_ >= first_client_error && number_ <= last_client_error)
        return "check CRM_MYSQL_HOST and CRM_MYSQL_PORT, and that the server runs";
    return {};
}

LockHeldElsewhere::LockHeldElsewhere(std::string_view lock)
    : std::runtime_error("another session holds the lock '" + std::string(lock) + "' and copies into the table")
{}

std::string without_values(unsigned number, std::string_view server_text)
{
    const std::string whole(server_text);
    if (!among(number, quoting)) return whole;
    // What is quoted may itself say " for column": the server's own words come last.
    const auto after = server_text.rfind(among(number, of_keys) ? " for key" : " for column");
    const auto opening = server_text.find('\'');
    if (opening == std::string_view::npos || (after != std::string_view::npos && after < opening)) return whole;
    return whole.substr(0, opening) + "'…'" + (after == std::string_view::npos ? "" : whole.substr(after));
}

} // namespace trunkline::mirror
