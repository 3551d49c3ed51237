// SPDX-License-Identifier: MIT
#include "empty_database.hpp"

#include <map>

namespace trunkline::testing {

namespace {

/// What an engine is asked; each answers rows with one column of text.
struct Questions {
    const char* columns;
    const char* indexes; // the primary and unique keys among them
    const char* references;
    const char* checks; // "<table> <the text of the check>": SQLite answers the whole text of the table
};

constexpr Questions postgresql{.columns = R"(
        SELECT c.relname || '.' || a.attname || ' ' || CASE format_type(a.atttypid, a.atttypmod)
               WHEN 'uuid' THEN 'BLOB' WHEN 'bytea' THEN 'BLOB' WHEN 'timestamp with time zone' THEN 'INTEGER'
               WHEN 'bigint' THEN 'INTEGER' WHEN 'boolean' THEN 'INTEGER' WHEN 'jsonb' THEN 'TEXT'
               WHEN 'text' THEN 'TEXT' WHEN 'double precision' THEN 'REAL'
               ELSE format_type(a.atttypid, a.atttypmod) END
               || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
               || CASE WHEN a.atthasdef THEN ' default' ELSE '' END
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind = 'r' AND a.attnum > 0
              AND NOT a.attisdropped)",
                               .indexes = R"(
        SELECT t.relname || CASE WHEN i.indisprimary THEN ' primary key (' WHEN i.indisunique THEN ' unique ('
               ELSE ' index (' END
               || (SELECT string_agg(pg_get_indexdef(i.indexrelid, k, false), ', ' ORDER BY k)
                   FROM generate_series(1, i.indnkeyatts::integer) k) || ')'
               || coalesce(' where ' || lower(replace(replace(replace(pg_get_expr(i.indpred, i.indrelid), '(', ''),
                                                              ')', ''), '::text', '')), '')
               || CASE WHEN n.oid IS NULL THEN ' named ' || x.relname ELSE '' END
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
             LEFT JOIN pg_constraint n ON n.conindid = x.oid AND n.contype IN ('p', 'u')
        WHERE t.relnamespace = quote_ident(current_schema())::regnamespace)",
                               .references = R"(
        SELECT t.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY k.place)
                   FROM unnest(n.conkey) WITH ORDINALITY k (number, place)
                   JOIN pg_attribute a ON a.attrelid = n.conrelid AND a.attnum = k.number)
               || ') references ' || r.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY k.place)
                   FROM unnest(n.confkey) WITH ORDINALITY k (number, place)
                   JOIN pg_attribute a ON a.attrelid = n.confrelid AND a.attnum = k.number)
               || ') on delete ' || CASE n.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict'
                   WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' ELSE 'set default' END
        FROM pg_constraint n JOIN pg_class t ON t.oid = n.conrelid JOIN pg_class r ON r.oid = n.confrelid
        WHERE n.contype = 'f' AND t.relnamespace = quote_ident(current_schema())::regnamespace)",
                               .checks = R"(
        SELECT t.relname || ' ' || pg_get_constraintdef(n.oid)
        FROM pg_constraint n JOIN pg_class t ON t.oid = n.conrelid
        WHERE n.contype = 'c' AND t.relnamespace = quote_ident(current_schema())::regnamespace)"};

constexpr Questions sqlite{
    .columns = R"(
        SELECT t.name || '.' || c.name || ' ' || c.type || CASE WHEN c."notnull" THEN ' not null' ELSE '' END
               || CASE WHEN c.dflt_value IS NOT NULL THEN ' default' ELSE '' END
        FROM sqlite_schema t JOIN pragma_table_info(t.name) c
        WHERE t.type = 'table' AND substr(t.name, 1, 7) <> 'sqlite_')",
    .indexes = R"(
        SELECT t.name || CASE WHEN l.origin = 'pk' THEN ' primary key (' WHEN l."unique" THEN ' unique ('
               ELSE ' index (' END
               || (SELECT group_concat(name, ', ') FROM pragma_index_info(l.name)) || ')'
               || CASE WHEN l.partial
                  THEN ' where ' || lower(substr(s.sql, instr(replace(s.sql, char(10), ' '), ' WHERE ') + 7))
                  ELSE '' END
               || CASE WHEN l.origin = 'c' THEN ' named ' || l.name ELSE '' END
        FROM sqlite_schema t JOIN pragma_index_list(t.name) l
             LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = l.name
        WHERE t.type = 'table' AND substr(t.name, 1, 7) <> 'sqlite_')",
    .references = R"(
        SELECT t.name || ' (' || group_concat(f."from", ', ') || ') references ' || f."table" || ' ('
               || group_concat(f."to", ', ') || ') on delete ' || lower(f.on_delete)
        FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table' GROUP BY t.name, f.id)",
    .checks = "SELECT name || ' ' || sql FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'"};

/// What the checks of a table have in common on both engines: how many they are, and the words they allow. (The schema
/// has quoted words nowhere else.)
struct Checks {
    int count = 0;
    std::set<std::string> words;
};

void read_checks(std::string_view text, Checks& into)
{
    for (std::size_t at = text.find("CHECK ("); at != std::string_view::npos; at = text.find("CHECK (", at + 1))
        ++into.count;
    for (std::size_t at = text.find('\''); at != std::string_view::npos;) {
        const std::size_t end = text.find('\'', at + 1);
        into.words.emplace(text.substr(at + 1, end - at - 1));
        at = text.find('\'', end + 1);
    }
}

void add_checks(const std::vector<std::string>& texts, std::set<std::string>& lines)
{
    std::map<std::string, Checks> by_table;
    for (const std::string& text : texts) read_checks(text, by_table[text.substr(0, text.find(' '))]);
    for (const auto& [table, checks] : by_table) {
        if (checks.count == 0) continue;
        std::string line = table + " checks " + std::to_string(checks.count);
        for (const std::string& word : checks.words) line += " " + word;
        lines.insert(line);
    }
}

} // namespace

std::set<std::string> schema_of(EmptyDatabase& database)
{
    const Questions& questions = database.engine() == db::Engine::sqlite ? sqlite : postgresql;
    std::set<std::string> lines;
    for (const char* question : {questions.columns, questions.indexes, questions.references})
        for (const std::string& line : database.texts(question)) lines.insert(line);
    add_checks(database.texts(questions.checks), lines);
    return lines;
}

} // namespace trunkline::testing
