// SPDX-License-Identifier: MIT
#include "postgres/clean_texts.hpp"

#include <algorithm>
#include <array>

namespace trunkline::db::postgres {

namespace {

/// The grammar turns IN, LIKE, BETWEEN, NULLIF, CASE, IS DISTINCT FROM and others into these.
constexpr std::array implied{"=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "~~*", "!~~*", "~", "!~", "~*", "!~*"};

// 16384 is the first OID that is not the server's own. 12 and 14 are the languages `internal` and `sql`, 2 is the heap;
// 1259, 2606 and 3456 are pg_class, pg_constraint and pg_collation. Operators are written out when the text is made:
// whoever set the search path must have no say in the answer.
constexpr std::string_view question = R"(
SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_proc p
                   WHERE p.proname = ANY ($1::pg_catalog.name[])
                     AND NOT (p.oid < 16384 AND (p.prolang = 12 OR p.prolang = 14)
                              AND (p.provolatile <> 'v' OR p.proname = 'random' OR p.proname = 'clock_timestamp'
                                   OR p.proname = 'gen_random_uuid')
                              AND pg_catalog.strpos(p.proname::pg_catalog.text, '_to_xml') = 0))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                   WHERE c.relname = ANY ($1::pg_catalog.name[])
                     AND c.relkind <> 'i' AND c.relkind <> 'I' AND c.relkind <> 't'
                     AND NOT (c.relkind = 'r' AND c.relam = 2 AND c.relpersistence <> 't' AND NOT c.relrowsecurity
                              AND NOT c.relhasrules AND NOT c.relhassubclass))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
                   WHERE c.relname = ANY ($1::pg_catalog.name[]) AND c.relkind = 'r'
                     AND a.attnum > 0 AND NOT a.attisdropped AND NOT (a.atttypid < 16384 AND a.attgenerated <> 'v'))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indrelid = c.oid
                          JOIN pg_catalog.pg_depend d ON d.classid = 1259 AND d.objid = i.indexrelid
                   WHERE c.relname = ANY ($1::pg_catalog.name[]) AND c.relkind = 'r'
                     AND d.refclassid <> 1259 AND d.refclassid <> 2606 AND d.refclassid <> 3456)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid
                          JOIN pg_catalog.pg_depend d ON d.classid = 2606 AND d.objid = k.oid
                   WHERE c.relname = ANY ($1::pg_catalog.name[]) AND c.relkind = 'r'
                     AND d.refclassid <> 1259 AND d.refclassid <> 2606 AND d.refclassid <> 3456)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = c.oid
                   WHERE c.relname = ANY ($1::pg_catalog.name[]) AND c.relkind = 'r')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_type t
                   WHERE t.typname = ANY ($1::pg_catalog.name[]) AND t.oid >= 16384 AND t.typrelid = 0)
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_operator o
                   WHERE o.oprname = ANY ($2::pg_catalog.name[]) AND o.oid >= 16384
                     AND (o.oprleft > 0 AND o.oprleft < 16384 OR o.oprright > 0 AND o.oprright < 16384))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_cast k
                   WHERE k.oid >= 16384 AND k.castsource < 16384 AND k.castcontext = 'i'))";

/// With each operator by its full name.
std::string written_out(std::string_view sql)
{
    std::string made;
    while (!sql.empty()) {
        const auto end = std::min(sql.find(' '), sql.size() - 1) + 1;
        const std::string_view word = sql.substr(0, end);
        const std::string_view symbol = word.substr(0, word.find_last_not_of(' ') + 1);
        const bool is_operator = symbol == "=" || symbol == "<>" || symbol == "<" || symbol == ">" || symbol == ">=";
        made += is_operator ? "OPERATOR(pg_catalog." + std::string(symbol) + ") " : std::string(word);
        sql.remove_prefix(end);
    }
    return made;
}

/// As text that the server reads as an array.
Value array_of(const std::vector<std::string>& words)
{
    std::string array = "{";
    for (const auto& word : words) {
        array += array.size() > 1 ? ",\"" : "\"";
        for (const char c : word) {
            if (c == '"' || c == '\\') array += '\\';
            array += c;
        }
        array += '"';
    }
    return to_value(array + "}");
}

std::vector<Value> parameters_for(const Words& words)
{
    std::vector<std::string> operators = words.operators;
    operators.insert(operators.end(), implied.begin(), implied.end());
    return {array_of(words.names), array_of(operators)};
}

void merge(std::vector<std::string>& into, const std::vector<std::string>& words)
{
    for (const auto& word : words)
        if (std::ranges::find(into, word) == into.end()) into.push_back(word);
}

/// In small letters and without spaces.
std::string compact(std::string_view text)
{
    std::string made;
    for (const char c : text)
        if (c > ' ') made += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return made;
}

bool is_plain(std::string_view text)
{
    const std::string said = compact(text.substr(0, 16));
    const auto begins = [&said](std::string_view word) { return said.starts_with(word); };
    return begins("select") || begins("values") || begins("insert") || begins("update") || begins("delete");
}

std::size_t count(std::string_view text, std::string_view part)
{
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
    return found;
}

} // namespace

const std::string& question_text()
{
    static const std::string text = written_out(question);
    return text;
}

bool names_session_state(std::string_view text)
{
    const std::string said = compact(text);
    if (said.starts_with("create") || said.starts_with("execute")) return true;
    for (const std::string_view name : {"advisory_lock", "advisory_unlock", "setseed(", "intotemp", "pg_temp"})
        if (said.find(name) != said.npos) return true;
    return count(said, "set_config(") > count(said, ",true)");
}

const CleanTexts::Known& CleanTexts::use(std::string_view text)
{
    auto found = texts_.find(text);
    if (found == texts_.end()) {
        if (texts_.size() >= texts_max) revoke(), texts_.clear(); // texts made at run time; the others are soon back
        found = texts_.emplace(text, Known{}).first;
        found->second.plain = is_plain(text);
        found->second.names_state = names_session_state(text);
    }
    ++found->second.uses;
    return found->second;
}

const CleanTexts::Known* CleanTexts::find(std::string_view text) const
{
    const auto found = texts_.find(text);
    return found == texts_.end() ? nullptr : &found->second;
}

bool CleanTexts::believes(const Known& known, Deadline now) const noexcept
{
    return known.clean && (is_recent(verified_, now) || is_recent(asked_, now));
}

bool CleanTexts::wants_to_ask(const Known& known, Deadline now) const noexcept
{
    if (known.clean) return !is_recent(verified_, now) && !is_recent(asked_, now);
    return !known.asked && known.uses >= uses_before_asking;
}

std::optional<CleanTexts::Question> CleanTexts::question(std::string_view text, Deadline now)
{
    const auto found = texts_.find(text);
    if (found == texts_.end() || !wants_to_ask(found->second, now)) return std::nullopt;
    Known& known = found->second;
    if (known.clean) {
        asked_ = now;
        return Question{{}, parameters_for(words_), now, distrusts_};
    }
    known.asked = true;
    known.words = words_of_reading(text);
    if (!known.words) return std::nullopt;
    return Question{std::string(text), parameters_for(*known.words), now, distrusts_};
}

void CleanTexts::answered(const Question& question, std::optional<bool> clean)
{
    const bool up_to_date = question.distrusts == distrusts_;
    if (question.text.empty()) {
        if (!clean) asked_ = Deadline::min();
        else if (!*clean) revoke();
        else if (up_to_date) verified_ = question.asked;
        return;
    }
    const auto found = texts_.find(question.text);
    if (!clean.value_or(false) || found == texts_.end() || !found->second.words || found->second.clean) return;
    if (clean_++ == 0 && up_to_date) verified_ = question.asked;
    found->second.clean = true;
    merge(words_.names, found->second.words->names);
    merge(words_.operators, found->second.words->operators);
}

void CleanTexts::distrust() noexcept
{
    ++distrusts_;
    verified_ = asked_ = Deadline::min();
}

/// All have to be asked about again, each by itself.
void CleanTexts::revoke() noexcept
{
    ++revocations_;
    clean_ = 0;
    words_ = {};
    for (auto& [text, known] : texts_) known = {.plain = known.plain, .names_state = known.names_state};
}

} // namespace trunkline::db::postgres
