// SPDX-License-Identifier: MIT
#include <extraction/name_parts.hpp>

#include <extraction/letters.hpp>
#include <extraction/nationalities.hpp>
#include <extraction/vocabulary.hpp>

#include <algorithm>

namespace trunkline::extraction {

namespace {

constexpr std::size_t part_limit = 6;
constexpr std::size_t part_length_limit = 40;
constexpr std::size_t ideograph_limit = 6;

bool is_title(std::string_view word)
{
    static const WordSet titles{
        "mr mrs ms miss mx dr prof professor herr frau mister madam bapak pak ibu bu sig signor signora "
        "señor señora monsieur madame"};
    return titles.contains(word);
}

bool is_generation(std::string_view word)
{
    return word == "jr" || word == "sr" || word == "ii" || word == "iii" || word == "iv";
}

bool is_acronym(const Token& token, const Reading& reading)
{
    const std::size_t length = token.span.end - token.span.start;
    return token.upper_case && length > 1 && length <= 4 && !reading.shouting();
}

/// Reads the parts of one name, from a token on.
class NameReader {
public:
    NameReader(const Reading& reading, std::size_t token, NameHint hint) : reading_(reading), hint_(hint), next_(token)
    {}

    std::optional<WrittenName> read()
    {
        skip_titles();
        if (!is_word(next_)) return std::nullopt;
        name_.first_token = next_;
        name_.capitalised = at(next_).capital && !reading_.shouting();
        if (is_unspaced(reading_.characters()[at(next_).span.start])) return read_ideographs();
        while (words_ < part_limit && take_part()) ++words_;
        if (name_.parts.empty() || name_.weight() == 0) return std::nullopt;
        finish();
        return acceptable() ? std::optional(name_) : std::nullopt;
    }

private:
    const Token& at(std::size_t index) const { return reading_.tokens()[index]; }
    bool is_word(std::size_t index) const
    {
        return index < reading_.tokens().size() && at(index).kind == TokenKind::word &&
               at(index).span.end - at(index).span.start <= part_length_limit;
    }

    void skip_titles()
    {
        while (is_word(next_) && is_title(at(next_).folded) && is_word(next_ + (reading_.is(next_ + 1, ".") ? 2 : 1))) {
            next_ += reading_.is(next_ + 1, ".") ? 2 : 1;
        }
    }

    /// "J." and "J"
    bool is_initial(const Token& token) const
    {
        return token.span.end - token.span.start == 1 && token.folded != "i" && token.folded != "a" &&
               (words_ > 0 || reading_.is(next_ + 1, "."));
    }

    bool looks_like_part(const Token& token) const
    {
        const std::string& word = token.folded;
        if (word.find('\'') != std::string::npos &&
            (word.ends_with("'s") || word.ends_with("'m") || word.ends_with("'ve")))
            return false;
        if (is_function_word(word)) return false;
        if (!name_.capitalised) return looks_like_lower_part(word);
        if (!token.capital) return words_ == 1 && hint_ != NameHint::introduced && !is_common_word(word);
        if (words_ > 0) return !is_common_word(word) || name_.begins_with_known || hint_ != NameHint::introduced;
        return !is_common_word(word) || (is_first_name(word) && (hint_ == NameHint::labelled || is_word(next_ + 1)));
    }

    bool looks_like_lower_part(const std::string& word) const
    {
        if (words_ == 0 && hint_ == NameHint::introduced) return is_first_name(word) && !is_common_word(word);
        if (words_ == 0 && hint_ == NameHint::labelled && is_first_name(word)) return true;
        return !is_common_word(word);
    }

    bool take_part()
    {
        if (!is_word(next_) || (words_ > 0 && at(next_).starts_line)) return false;
        const Token& token = at(next_);
        if (words_ > 0 && is_generation(token.folded)) return take(token, true);
        // A particle must be followed by what it belongs to.
        if (is_name_particle(token.folded) && (words_ > 0 || hint_ != NameHint::introduced || token.capital) &&
            is_word(next_ + 1) && (!is_function_word(at(next_ + 1).folded) || is_name_particle(at(next_ + 1).folded)) &&
            !(name_.capitalised && words_ > 0 && !leads_to_capital(next_ + 1))) {
            return take(token, false);
        }
        if (is_initial(token)) return take(token, true);
        return looks_like_part(token) && take(token, false);
    }

    bool leads_to_capital(std::size_t index) const
    {
        while (is_word(index) && is_name_particle(at(index).folded) && !at(index).capital) ++index;
        return is_word(index) && at(index).capital;
    }

    bool take(const Token& token, bool with_dot)
    {
        if (words_ == 0) name_.begins_with_known = is_first_name(token.folded);
        name_.parts.push_back(reading_.text(token.span));
        name_.span.end = token.span.end;
        ++next_;
        if (with_dot && reading_.is(next_, ".") && at(next_).span.start == name_.span.end) {
            name_.parts.back() += ".";
            name_.span.end = at(next_++).span.end;
        }
        return true;
    }

    std::optional<WrittenName> read_ideographs()
    {
        std::string all;
        const std::size_t first = next_;
        while (is_word(next_) && is_unspaced(reading_.characters()[at(next_).span.start]) &&
               (next_ == first || at(next_).span.start == at(next_ - 1).span.end)) {
            all += reading_.text(at(next_++).span);
        }
        if (hint_ == NameHint::introduced || next_ - first < 2 || next_ - first > ideograph_limit) return std::nullopt;
        name_.parts = {all};
        name_.span.end = at(next_ - 1).span.end;
        finish();
        return name_;
    }

    void finish()
    {
        name_.span.start = at(name_.first_token).span.start;
        name_.next_token = next_;
    }

    bool acceptable() const
    {
        const Token& first = at(name_.first_token);
        const std::string all = folded(
            std::u32string_view(reading_.characters()).substr(name_.span.start, name_.span.end - name_.span.start));
        if (is_brand(all) && hint_ != NameHint::labelled) return false;
        if (name_.weight() > 1)
            return hint_ == NameHint::labelled || !(is_place_or_time(first.folded) && !name_.begins_with_known);
        if (all.size() < 2) return false;
        if (hint_ == NameHint::labelled) return true;
        return !is_place_or_time(first.folded) && !is_nationality_word(first.folded) && !is_acronym(first, reading_);
    }

    const Reading& reading_;
    NameHint hint_;
    std::size_t next_;
    std::size_t words_ = 0;
    WrittenName name_;
};

std::u32string capitalised(std::u32string part)
{
    for (char32_t& c : part) c = to_lower(c);
    bool begins = true;
    for (std::size_t i = 0; i < part.size(); ++i) {
        if (begins) part[i] = to_upper(part[i]);
        // "O'Brien", "D'Angelo", "Jean-Luc".
        begins = part[i] == U'-' || part[i] == U'\u2010' || (is_apostrophe(part[i]) && i <= 2);
    }
    if (part.size() > 4 && part.starts_with(U"Mc")) part[2] = to_upper(part[2]);
    return part;
}

bool is_written_carelessly(const std::vector<std::string>& parts)
{
    bool lower = false;
    bool upper = false;
    std::size_t letters = 0;
    for (const auto& part : parts) {
        for (const char32_t c : from_utf8(part, part_length_limit)) {
            lower |= is_lower(c);
            upper |= is_upper(c);
            letters += is_letter(c);
        }
    }
    return (lower && !upper) || (upper && !lower && letters > 3);
}

} // namespace

std::optional<WrittenName> read_name(const Reading& reading, std::size_t token, NameHint hint)
{
    return NameReader(reading, token, hint).read();
}

std::size_t WrittenName::weight() const
{
    return static_cast<std::size_t>(std::count_if(parts.begin(), parts.end(), [](const std::string& part) {
        return !is_name_particle(folded(from_utf8(part, part_length_limit)));
    }));
}

std::string WrittenName::normalised() const { return normal_name(parts); }

std::string normal_name(const std::vector<std::string>& parts)
{
    const bool mend = is_written_carelessly(parts);
    std::string name;
    for (const auto& part : parts) {
        const std::u32string written = from_utf8(part, part_length_limit + 1);
        const std::string low = folded(written);
        const bool particle = !name.empty() && is_name_particle(low) && low != "st" && low != "mc";
        // "Crystal minh": a telephone's keyboard capitalises only the first word.
        const bool small = !written.empty() && is_lower(written.front()) && !particle;
        std::string shown = part;
        if (is_generation(low) && low.size() > 1 && low.find_first_not_of("iv") == std::string::npos) {
            std::u32string roman = written;
            for (char32_t& c : roman) c = to_upper(c);
            shown = to_utf8(roman);
        } else if (mend && particle) {
            shown = low;
        } else if (mend || small) {
            shown = to_utf8(capitalised(written));
        }
        if (!name.empty()) name += ' ';
        name += shown;
    }
    return name;
}

} // namespace trunkline::extraction
