// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/value.hpp>

#include <mysql.h>

namespace trunkline::db::mysql {

/// What is known of a column of a result, and how it is read:
///
/// integers of every width, YEAR and BIT as integers (TINYINT(1) too: it reads as bool and as a number) · DECIMAL and
/// TIME as text · FLOAT and DOUBLE as double · DATETIME and TIMESTAMP as Time (the session's zone is UTC) · DATE as Date ·
/// JSON as JSON · what has the character set "binary" (BINARY, VARBINARY, BLOB) as bytes, which read as a uuid when
/// there are 16 · everything else as text.
struct Column {
    enum class Kind { integer, real, single, text, json, bytes, moment, date, clock, bits, nothing };

    std::string name;
    Kind kind = Kind::text;
    Type type = Type::text;
    bool is_unsigned = false;
    unsigned decimals = 0; ///< of seconds
    unsigned long length = 0;
};

/// `field` is of the answer; `prepared`, where there is one, is what the server said of it when the statement was
/// prepared: only that says JSON.
Column column_of(const MYSQL_FIELD& field, const MYSQL_FIELD* prepared = nullptr);

/// Where the binary cells of one row are fetched to.
///
/// The reading functions throw std::invalid_argument with a sentence when a value has no place in a Value: a BIGINT
/// UNSIGNED beyond int64, a zero date.
class Landing {
public:
    /// `lengths` has the longest value of each column in bytes.
    Landing(const std::vector<Column>& columns, const std::vector<unsigned long>& lengths);
    Landing(const Landing&) = delete;

    MYSQL_BIND* binds() noexcept { return binds_.data(); }
    Value cell(std::size_t column) const;

private:
    struct Buffer {
        std::int64_t integer = 0;
        double real = 0;
        float single = 0;
        MYSQL_TIME time{};
        std::string bytes;
        unsigned long length = 0;
        my_bool null = 0;
    };

    const std::vector<Column>& columns_;
    std::vector<Buffer> buffers_;
    std::vector<MYSQL_BIND> binds_;
};

/// A cell of the text protocol.
Value read_text(const Column& column, std::string_view cell);
Value null_of(const Column& column);

} // namespace trunkline::db::mysql
