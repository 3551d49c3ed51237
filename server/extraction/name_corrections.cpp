// SPDX-License-Identifier: MIT
#include <extraction/name_corrections.hpp>

#include <extraction/vocabulary.hpp>

#include <algorithm>
#include <numeric>

namespace trunkline::extraction {

namespace {

constexpr std::size_t compared_limit = 40;
constexpr std::size_t correcting_words_limit = 8;

/// How many letters must be changed, added or removed.
std::size_t distance(std::string_view a, std::string_view b)
{
    a = a.substr(0, compared_limit);
    b = b.substr(0, compared_limit);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

bool is_similar(std::string_view a, std::string_view b)
{
    return distance(a, b) <= std::min<std::size_t>(2, std::max(a.size(), b.size()) / 2);
}

std::size_t skip_correcting_words(const Reading& reading, std::size_t index)
{
    static const WordSet words{
        "sorry actually correction oops no typo my bad i meant mean should be it's it is its that's spelled "
        "spelt as wait apologies name the last first , : . ; - ! … * ... with"};
    const std::size_t end = std::min(reading.tokens().size(), index + correcting_words_limit);
    while (index < end && words.contains(reading.tokens()[index].folded)) ++index;
    return index;
}

bool begins_correction(const Reading& reading, std::size_t index)
{
    if (!reading.begins_sentence(index)) return false;
    for (const auto* phrase :
         {"sorry", "actually", "correction", "oops", "typo", "my bad", "i meant", "i mean", "it's", "it is", "*",
          "wait", "no ,", "no it's", "should be", "my last name is", "my first name is", "it should be"}) {
        if (reading.match(index, phrase) != 0) return true;
    }
    return false;
}

/// The part that "…, not Min" names, or the part that is most like the new one.
std::optional<std::size_t> replaced_part(const Reading& reading, const WrittenName& name,
                                         const std::vector<std::string>& old_parts)
{
    std::size_t next = name.next_token;
    while (reading.is(next, ",") || reading.is(next, "-") || reading.is(next, "(") || reading.is(next, "and")) ++next;
    if (reading.is(next, "not") && next + 1 < reading.tokens().size()) {
        const auto named = std::find(old_parts.begin(), old_parts.end(), reading.tokens()[next + 1].folded);
        if (named != old_parts.end()) return static_cast<std::size_t>(named - old_parts.begin());
    }
    const std::string& part = reading.tokens()[name.first_token].folded;
    for (std::size_t at = 0; at < old_parts.size(); ++at) {
        if (part != old_parts[at] && is_similar(part, old_parts[at])) return at;
    }
    return std::nullopt;
}

bool shares_part(const Reading& reading, const WrittenName& name, const std::vector<std::string>& old_parts)
{
    for (std::size_t token = name.first_token; token < name.next_token; ++token) {
        for (const auto& old : old_parts) {
            if (is_similar(reading.tokens()[token].folded, old)) return true;
        }
    }
    return false;
}

bool is_over(const Reading& reading, std::size_t index)
{
    if (index >= reading.tokens().size() || reading.tokens()[index].starts_line) return true;
    return reading.tokens()[index].kind == TokenKind::mark || reading.is(index, "not") || reading.is(index, "with") ||
           reading.is(index, "instead");
}

std::optional<NameCorrection> correction_at(const Reading& reading, std::size_t index,
                                            const std::vector<std::string>& old_parts)
{
    auto name = read_name(reading, skip_correcting_words(reading, index), NameHint::answered);
    if (!name || !is_over(reading, name->next_token)) return std::nullopt;
    if (name->weight() > 1) {
        if (!shares_part(reading, *name, old_parts)) return std::nullopt;
        return NameCorrection{std::move(*name), std::nullopt};
    }
    const auto replaced = replaced_part(reading, *name, old_parts);
    if (!replaced) return std::nullopt;
    return NameCorrection{std::move(*name), replaced};
}

/// "Minh*", all there is in the message.
std::optional<NameCorrection> starred(const Reading& reading, const std::vector<std::string>& old_parts)
{
    const auto& tokens = reading.tokens();
    if (tokens.size() < 2 || tokens.size() > 4 || tokens.back().folded != "*") return std::nullopt;
    return correction_at(reading, 0, old_parts);
}

} // namespace

std::optional<NameCorrection> find_correction(const Reading& reading, const std::vector<std::string>& old_parts)
{
    std::optional<NameCorrection> latest = starred(reading, old_parts);
    for (std::size_t index = 0; index < reading.tokens().size(); ++index) {
        if (!begins_correction(reading, index)) continue;
        if (auto correction = correction_at(reading, index, old_parts)) latest = std::move(correction);
    }
    return latest;
}

} // namespace trunkline::extraction
