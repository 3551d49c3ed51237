// SPDX-License-Identifier: MIT
#pragma once

#include <mirror/letter.hpp>
#include <mirror/mysql_connection.hpp>

#include <map>
#include <set>
#include <span>

namespace trunkline::mirror {

/// How a column of the foreign table is, as information_schema says.
struct Column {
    std::string name;
    std::string data_type;   ///< "varchar", in lower case
    std::string column_type; ///< "enum('in','out')"
    std::string charset;     ///< empty when it holds no text
    std::uint64_t characters_max = 0;
    std::uint64_t octets_max = 0;
    bool nullable = false;
    bool filled_by_server = false; ///< a default, auto_increment, or generated

    bool is_text() const;
    /// Whether the column takes `text` whole. The server is asked too; this finds what it would cut without a word
    /// (spaces at the end), and says it in our words.
    bool fits(std::string_view text) const;
};

/// What of a row stands in the table already.
struct Standing {
    std::map<std::string, std::int64_t> equals; ///< by fingerprint: rows that do not name their message
    std::set<std::string> message_ids;          ///< of the rows that do
};

/// The table that belongs to somebody else: which of our values go into which of its columns. It is read and appended
/// to, never altered. Blocking, like its connection.
class TargetTable {
public:
    /// Looks at the table. Throws TargetUnfit, MysqlError.
    TargetTable(MysqlConnection& connection, const MirrorConfig& config);

    /// What an operator should know although copying works: emoji that will not fit, columns nobody fills.
    const std::vector<std::string>& remarks() const noexcept { return remarks_; }
    /// The columns that are filled beside the five of the contract.
    std::vector<std::string> extras() const;
    bool transactional() const noexcept { return transactional_; }

    /// Has the server check our rights to read and append, without doing either.
    void try_rights(MysqlConnection& connection) const;

    /// Why this letter can never be inserted, in one sentence.
    std::optional<std::string> misfit(const Letter& letter) const;

    /// What stands there that could be one of these letters.
    Standing look(MysqlConnection& connection, std::span<const Letter* const> letters, std::string_view target) const;

    /// Inserts all of them with one statement.
    void insert(MysqlConnection& connection, std::span<const Letter* const> letters) const;

    /// How many bytes one statement may have.
    std::size_t statement_bytes_max() const noexcept { return statement_bytes_max_; }

private:
    using Value = Cell (*)(const Letter&);
    struct Filled {
        Column column;
        Value value;
        bool contract; // one of the five; an extra that does not fit is left out instead
    };

    void read_table(MysqlConnection& connection, const MirrorConfig& config);
    void choose_columns(std::vector<Column> columns);
    void check_direction() const;
    void remark_on(const std::vector<Column>& columns);
    std::string insert_text(std::size_t rows) const;
    std::string look_text(std::size_t rows) const;
    bool has(std::string_view column) const;

    std::string name_, quoted_name_;
    std::vector<Filled> filled_;
    std::vector<std::string> remarks_;
    bool transactional_ = false;
    std::size_t statement_bytes_max_ = 0;
};

} // namespace trunkline::mirror
