// SPDX-License-Identifier: MIT
#include "postgres/encoding.hpp"

#include <trunkline/db/error.hpp>

namespace trunkline::db::postgres {

std::string_view text_of(const Statement& statement)
{
    const std::string_view text = statement.text().on(Engine::postgresql);
    if (text.find('\0') == text.npos) return text;
    ErrorInfo info;
    info.message = "the statement's text holds a NUL character";
    info.sqlstate = "22021";
    info.place = statement.text().place();
    throw_error(std::move(info));
}

Parameters encode(const Statement& statement)
{
    try {
        return Parameters(statement.parameters());
    } catch (const Error& refused) {
        ErrorInfo info = refused.info();
        info.statement = statement.text().on(Engine::postgresql);
        info.place = statement.text().place();
        throw_error(std::move(info));
    }
}

StatementKey key_of(std::string_view text, const Parameters& parameters)
{
    return {text, {parameters.types(), static_cast<std::size_t>(parameters.size())}};
}

} // namespace trunkline::db::postgres
