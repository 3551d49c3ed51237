// SPDX-License-Identifier: MIT
#include "speeds.hpp"

#include <algorithm>
#include <array>

namespace trunkline::db::detail {

namespace {

/// Whatever stands as a word in a reading statement and makes it more than that.
constexpr std::array<std::string_view, 8> more_than_reading{"UPDATE", "SHARE", "INSERT",   "DELETE",
                                                            "MERGE",  "INTO",  "ADVISORY", "SLEEP"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The words of a text, in capitals. Names with an underscore are several words: pg_advisory_lock has ADVISORY in it.
class Words {
public:
    explicit Words(std::string_view text) : text_(text) {}

    /// Empty at the end.
    std::string_view next()
    {
        while (at_ < text_.size() && !is_letter(text_[at_])) ++at_;
        const std::size_t length_max = sizeof word_;
        std::size_t length = 0;
        for (; at_ < text_.size() && is_letter(text_[at_]); ++at_)
            if (length < length_max) word_[length++] = static_cast<char>(text_[at_] & ~0x20);
        return {word_, length};
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
    char word_[16];
};

} // namespace

StatementSpeeds::Use StatementSpeeds::kind_of(std::string_view text)
{
    if (text.find("--") != text.npos || text.find("/*") != text.npos) return Use::alone; // its words may be a comment's
    Words words(text);
    const std::string_view first = words.next();
    const bool writes = first == "INSERT";
    if (!writes && first != "SELECT" && first != "VALUES") return Use::alone;
    for (auto word = words.next(); !word.empty(); word = words.next()) {
        // An upsert waits for whoever has the row.
        if (writes && word == "CONFLICT") return Use::alone;
        if (!writes && std::ranges::find(more_than_reading, word) != more_than_reading.end()) return Use::alone;
    }
    return writes ? Use::writing : Use::reading;
}

StatementSpeeds::Use StatementSpeeds::use_of(std::string_view text) const
{
    const auto found = learned_.find(text);
    return found != learned_.end() && found->second.missing <= 0 ? found->second.kind : Use::alone;
}

void StatementSpeeds::ran_alone(std::string_view text, Duration took)
{
    auto found = learned_.find(text);
    if (found == learned_.end()) {
        if (learned_.size() >= texts_max) learned_.clear(); // texts that are made at run time; the others are soon back
        found = learned_.emplace(text, Learned{kind_of(text)}).first;
    }
    Learned& learned = found->second;
    if (took <= quick) learned.missing = std::max(learned.missing - 1, 0);
    else if (learned.missing < proofs) ++learned.missing;
}

void StatementSpeeds::ran_beside(std::string_view text, Duration took)
{
    const auto found = learned_.find(text);
    if (found != learned_.end() && took >= slow) found->second.missing = proofs_again;
}

} // namespace trunkline::db::detail
