// SPDX-License-Identifier: MIT
#include <trunkline/db/error.hpp>

#include <algorithm>
#include <array>

namespace trunkline::db {

namespace {

constexpr std::size_t shown_statement_max = 200;

template <std::size_t n>
bool is_one_of(std::string_view sqlstate, const std::array<std::string_view, n>& states)
{
    return std::find(states.begin(), states.end(), sqlstate) != states.end();
}

/// What a server says at the door, before it looks at any statement.
bool refused_at_the_door(std::string_view sqlstate)
{
    static constexpr std::array<std::string_view, 5> states{"08001", "08004", "3D000", "57P03", "53300"};
    return is_one_of(sqlstate, states) || sqlstate.starts_with("28");
}

/// After these the connection is gone: 25P03, 57P04 and 57P05 end the session too.
bool ends_the_connection(std::string_view sqlstate)
{
    static constexpr std::array<std::string_view, 5> states{"57P01", "57P02", "57P04", "57P05", "25P03"};
    return is_one_of(sqlstate, states) || sqlstate.starts_with("08");
}

template <class... Classes>
bool is_any(const Error& error)
{
    return ((dynamic_cast<const Classes*>(&error) != nullptr) || ...);
}

/// On one line, and short: cut between characters, never inside one.
std::string shown_statement(std::string_view statement)
{
    std::string line;
    for (const char c : statement) {
        const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (space && (line.empty() || line.back() == ' ')) continue;
        if (line.size() > shown_statement_max) break;
        line += space ? ' ' : c;
    }
    if (line.size() <= shown_statement_max) return line;
    std::size_t end = shown_statement_max;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
    return line.substr(0, end) + "…";
}

std::string shown_place(const std::source_location& place)
{
    std::string_view file = place.file_name();
    if (const auto slash = file.rfind('/'); slash != std::string_view::npos) file.remove_prefix(slash + 1);
    return std::string(file) + ':' + std::to_string(place.line());
}

std::string sentence(const ErrorInfo& info)
{
    std::string text = info.message.empty() ? "the database call failed" : info.message;
    if (!info.sqlstate.empty()) text += " (SQLSTATE " + info.sqlstate + ")";
    if (info.outcome == Outcome::unknown) text += "; whether it was done is unknown";
    if (info.index) text += "; member " + std::to_string(*info.index) + " of the unit";
    if (info.place.line() != 0) text += " at " + shown_place(info.place);
    if (!info.statement.empty()) text += ": " + shown_statement(info.statement);
    return text;
}

} // namespace

std::string_view to_string(Outcome outcome) noexcept
{
    switch (outcome) {
    case Outcome::not_sent: return "not_sent";
    case Outcome::rejected: return "rejected";
    case Outcome::applied: return "applied";
    case Outcome::unknown: break;
    }
    return "unknown";
}

Error::Error(ErrorInfo info) : std::runtime_error(sentence(info)), info_(std::move(info)) {}

AcquireTimeout::AcquireTimeout(ErrorInfo info) : AcquireTimeout(std::move(info), AcquireDossier()) {}

AcquireTimeout::AcquireTimeout(ErrorInfo info, AcquireDossier dossier)
    : Error(std::move(info)), dossier_(std::make_shared<const AcquireDossier>(std::move(dossier)))
{}

bool Error::retryable() const noexcept
{
    static constexpr std::array<std::string_view, 5> passing{"40001", "40P01", "57P03", "53300", "08001"};
    if (info_.outcome == Outcome::applied || info_.outcome == Outcome::unknown) return false;
    if (is_one_of(info_.sqlstate, passing)) return true;
    return info_.outcome == Outcome::not_sent && is_any<ConnectionLost>(*this);
}

bool Error::unavailable() const noexcept
{
    if (is_any<AcquireTimeout, ConnectFailed, ConnectionLost, PoolClosed, DiskFull, CommandTimeout>(*this)) return true;
    const std::string_view sqlstate = info_.sqlstate;
    return sqlstate.starts_with("53") || sqlstate.starts_with("57P0") || sqlstate.starts_with("08");
}

void throw_error(ErrorInfo info)
{
    static constexpr std::array<std::string_view, 2> checks{"23502", "23514"}, serialization{"40001", "40P01"};
    const std::string state = info.sqlstate;
    if (state == "23505") throw UniqueViolation(std::move(info));
    if (state == "23503") throw ForeignKeyViolation(std::move(info));
    if (is_one_of(state, checks)) throw CheckViolation(std::move(info));
    if (is_one_of(state, serialization)) throw SerializationFailure(std::move(info));
    if (state == "57014") throw CommandTimeout(std::move(info));
    if (state == "53100") throw DiskFull(std::move(info));
    if (info.outcome == Outcome::not_sent && refused_at_the_door(state)) throw ConnectFailed(std::move(info));
    if (ends_the_connection(state)) throw ConnectionLost(std::move(info));
    throw Error(std::move(info));
}

} // namespace trunkline::db
