// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace trunkline::mirror {

/// What a failure of MySQL says about what to do next.
enum class Trouble {
    connection, ///< the session is gone or was never there: connect again. What was sent may have been done
    target,     ///< the whole table or server does not take rows now: nothing of this transaction was done
    row,        ///< this row will never be taken as it is; others may be
    unclear,    ///< this row was not taken, and a later attempt may succeed
};

/// A call to MySQL failed. The text has no password and nothing that a customer wrote.
class MysqlError : public std::runtime_error {
public:
    MysqlError(unsigned number, std::string_view server_text);

    unsigned number() const noexcept { return number_; }
    Trouble trouble() const noexcept;
    /// What an operator can do about it; may be empty.
    std::string_view advice() const noexcept;

private:
    unsigned number_;
};

/// Another session copies into the table already.
class LockHeldElsewhere : public std::runtime_error {
public:
    explicit LockHeldElsewhere(std::string_view lock);
};

/// The table is not as the mirror needs it. The message says what is wrong and what to do.
class TargetUnfit : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A server's message without the values that it quotes from a row: "Incorrect string value: '…' for column `message`".
std::string without_values(unsigned number, std::string_view server_text);

} // namespace trunkline::mirror
