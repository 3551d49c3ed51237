// SPDX-License-Identifier: MIT
#include <mirror/target_table.hpp>

#include <base/utf8.hpp>

#include <algorithm>
#include <array>

namespace trunkline::mirror {

namespace {

const std::string& message_of(const Letter& letter) { return letter.payload.message; }
Cell user_id(const Letter& letter) { return letter.payload.user_id; }
Cell username(const Letter& letter) { return letter.payload.username; }
Cell direction(const Letter& letter) { return letter.payload.direction; }
Cell message(const Letter& letter) { return message_of(letter); }
Cell created_at(const Letter& letter) { return letter.second; }
Cell message_id(const Letter& letter) { return to_string(letter.payload.message_id); }
Cell channel_message_id(const Letter& letter) { return letter.payload.channel_message_id; }
Cell conversation_id(const Letter& letter) { return to_string(letter.claim.order_key); }
// Who the business is to its channel is not ours to say here: that side stays empty.
Cell sender_id(const Letter& letter) { return letter.payload.direction == "in" ? user_id(letter) : Cell(); }
Cell recipient_id(const Letter& letter) { return letter.payload.direction == "out" ? user_id(letter) : Cell(); }
Cell status(const Letter& letter) { return letter.payload.direction == "in" ? "received" : "sent"; }

struct Known {
    std::string_view column;
    Cell (*value)(const Letter&);
    std::size_t characters = 0; ///< an extra is filled where a column takes so many
    bool always = true;         ///< there is one for every message
};

constexpr std::array contract{Known{"user_id", user_id}, Known{"username", username}, Known{"direction", direction},
                              Known{"message", message}, Known{"created_at", created_at}};

constexpr std::size_t uuid_characters = 36, status_characters = 8;

/// Filled where the owner of the table has made room for them.
constexpr std::array extra{Known{"message_id", message_id, uuid_characters},
                           Known{"instagram_message_id", channel_message_id, uuid_characters, false},
                           Known{"conversation_id", conversation_id, uuid_characters},
                           Known{"sender_id", sender_id, uuid_characters, false},
                           Known{"recipient_id", recipient_id, uuid_characters, false},
                           Known{"status", status, status_characters}};

constexpr std::size_t chunk_bytes_max = 1024 * 1024;

const Column* find(const std::vector<Column>& columns, std::string_view name)
{
    const auto found =
        std::ranges::find_if(columns, [&](const Column& column) { return ascii_lower(column.name) == name; });
    return found == columns.end() ? nullptr : &*found;
}

std::uint64_t number(const Cell& cell) { return cell ? std::stoull(*cell) : 0; }

Column read_column(const Cells& row)
{
    Column column{*row[0],        ascii_lower(*row[1]), *row[2],          row[3].value_or(""),
                  number(row[4]), number(row[5]),       *row[6] == "YES", false};
    column.filled_by_server = column.nullable || row[7] || !row[8]->empty();
    return column;
}

/// "?, ?, ?"
std::string marks(std::size_t count, std::string_view one = "?")
{
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text.append(i ? ", " : "").append(one);
    return text;
}

bool holds_every_character(const Column& column)
{
    return column.charset == "utf8mb4" || column.charset.starts_with("utf16") || column.charset == "utf32";
}

} // namespace

bool Column::is_text() const
{
    constexpr std::array types{"char", "varchar", "tinytext", "text", "mediumtext", "longtext"};
    return std::ranges::find(types, data_type) != types.end();
}

bool Column::fits(std::string_view text) const
{
    if (!is_text()) return true;
    if (data_type.ends_with("char")) return count_characters(text) <= characters_max;
    // Other character sets may need fewer bytes than ours, but never less than one for a character.
    return (charset.starts_with("utf8") ? text.size() : count_characters(text)) <= octets_max;
}

TargetTable::TargetTable(MysqlConnection& connection, const MirrorConfig& config)
    : name_(config.table), quoted_name_(MysqlConnection::quoted(config.table))
{
    read_table(connection, config);
    check_direction();
}

void TargetTable::read_table(MysqlConnection& connection, const MirrorConfig& config)
{
    const auto tables = connection.query(
        "SELECT coalesce(engine, ''), cast(@@max_allowed_packet AS CHAR) FROM information_schema.tables"
        " WHERE table_schema = ? AND table_name = ?",
        {config.database, config.table});
    if (tables.empty())
        throw TargetUnfit("there is no table '" + config.table + "' in the database '" + config.database +
                          "', or the user may not see it; check CRM_MYSQL_TABLE and the user's rights");
    const std::string engine = ascii_lower(*tables[0][0]);
    transactional_ = engine == "innodb" || engine == "rocksdb" || engine == "tokudb";
    statement_bytes_max_ = std::min<std::size_t>(chunk_bytes_max, number(tables[0][1]) / 2);
    std::vector<Column> columns;
    for (const auto& row : connection.query(
             "SELECT column_name, data_type, column_type, character_set_name, cast(character_maximum_length AS CHAR),"
             " cast(character_octet_length AS CHAR), is_nullable, column_default, extra FROM information_schema.columns"
             " WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position",
             {config.database, config.table}))
        columns.push_back(read_column(row));
    choose_columns(std::move(columns));
}

void TargetTable::choose_columns(std::vector<Column> columns)
{
    std::string missing;
    for (const auto& known : contract) {
        if (const Column* column = find(columns, known.column)) filled_.push_back({*column, known.value, true});
        else missing += (missing.empty() ? "" : ", ") + std::string(known.column);
    }
    if (!missing.empty())
        throw TargetUnfit("the table '" + name_ + "' has no column " + missing + "; is it the right table?");
    for (const auto& known : extra) {
        const Column* column = find(columns, known.column);
        if (column && column->is_text() && column->characters_max >= known.characters &&
            (known.always || column->nullable))
            filled_.push_back({*column, known.value, false});
    }
    remark_on(columns);
}

void TargetTable::check_direction() const
{
    const Column& column = filled_[2].column;
    if (column.data_type != "enum" && column.data_type != "set") return;
    for (const std::string_view word : {"'in'", "'out'"})
        if (column.column_type.find(word) == std::string::npos)
            throw TargetUnfit("the column direction of the table '" + name_ + "' does not know " + std::string(word) +
                              ": it is " + column.column_type);
}

void TargetTable::remark_on(const std::vector<Column>& columns)
{
    for (const auto& filled : filled_)
        if (filled.column.is_text() && filled.contract && !holds_every_character(filled.column))
            remarks_.push_back("the column " + filled.column.name + " is " + filled.column.charset +
                               ": messages with characters that it lacks (emoji) will become dead letters");
    for (const auto& column : columns)
        if (!column.filled_by_server && !has(column.name))
            remarks_.push_back("the column " + column.name +
                               " wants a value and has no default; inserts will be refused until it has");
    if (!transactional_) remarks_.push_back("the table's engine has no transactions: messages are copied one by one");
}

bool TargetTable::has(std::string_view column) const
{
    return std::ranges::any_of(filled_, [&](const Filled& filled) {
        return ascii_lower(filled.column.name) == ascii_lower(std::string(column));
    });
}

std::vector<std::string> TargetTable::extras() const
{
    std::vector<std::string> names;
    for (const auto& filled : filled_)
        if (!filled.contract) names.push_back(filled.column.name);
    return names;
}

void TargetTable::try_rights(MysqlConnection& connection) const
{
    connection.try_out(insert_text(1));
    connection.try_out(look_text(1));
}

std::optional<std::string> TargetTable::misfit(const Letter& letter) const
{
    for (const auto& filled : filled_) {
        const Cell value = filled.value(letter);
        if (!filled.contract || !value || filled.column.fits(*value)) continue;
        const bool by_character = filled.column.data_type.ends_with("char");
        return filled.column.name + " does not fit: it has " +
               (by_character ? std::to_string(count_characters(*value)) + " characters and the column holds " +
                                   std::to_string(filled.column.characters_max)
                             : std::to_string(value->size()) + " bytes and the column holds " +
                                   std::to_string(filled.column.octets_max)) +
               "; nothing is cut";
    }
    if (message_of(letter).size() + letter.payload.username.size() > statement_bytes_max_ * 2 - 4096)
        return "message does not fit: it has " + std::to_string(message_of(letter).size()) +
               " bytes, more than the server's max_allowed_packet lets through";
    return std::nullopt;
}

std::string TargetTable::insert_text(std::size_t rows) const
{
    std::string names;
    for (const auto& filled : filled_)
        names.append(names.empty() ? "" : ", ").append(MysqlConnection::quoted(filled.column.name));
    return "INSERT INTO " + quoted_name_ + " (" + names + ") VALUES " + marks(rows, "(" + marks(filled_.size()) + ")");
}

void TargetTable::insert(MysqlConnection& connection, std::span<const Letter* const> letters) const
{
    Cells values;
    values.reserve(letters.size() * filled_.size());
    for (const Letter* letter : letters)
        for (const auto& filled : filled_) {
            Cell value = filled.value(*letter);
            if (value && !filled.contract && !filled.column.fits(*value)) value.reset();
            values.push_back(std::move(value));
        }
    connection.execute(insert_text(letters.size()), values);
}

std::string TargetTable::look_text(std::size_t rows) const
{
    // Only what can be an equal row is asked for; whether it is one is decided by bytes, here. The user's id is
    // converted so that no character set of the column can make the question an error.
    return "SELECT user_id, direction, date_format(created_at, '%Y-%m-%d %H:%i:%s'), sha2(convert(message USING utf8mb4), 256), " +
           std::string(has("message_id") ? "message_id" : "NULL") + " FROM " + quoted_name_ + " WHERE created_at IN (" +
           marks(rows, "cast(? AS DATETIME)") + ") AND convert(user_id USING utf8mb4) IN (" + marks(rows) + ")";
}

Standing TargetTable::look(MysqlConnection& connection, std::span<const Letter* const> letters,
                           std::string_view target) const
{
    Cells values;
    for (const Letter* letter : letters) values.push_back(letter->second);
    for (const Letter* letter : letters) values.push_back(letter->payload.user_id);
    Standing standing;
    for (const auto& row : connection.query(look_text(letters.size()), values)) {
        if (row[4]) standing.message_ids.insert(*row[4]);
        else if (row[0] && row[1] && row[2] && row[3])
            ++standing.equals[fingerprint(target, *row[0], *row[1], *row[2], *row[3])];
    }
    return standing;
}

} // namespace trunkline::mirror
