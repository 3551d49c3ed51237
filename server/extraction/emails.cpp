// SPDX-License-Identifier: MIT
#include <extraction/emails.hpp>

#include <extraction/letters.hpp>
#include <extraction/possession.hpp>
#include <extraction/vocabulary.hpp>

#include <base/json.hpp>

#include <algorithm>

namespace trunkline::extraction {

namespace {

using Text = std::u32string_view;

constexpr std::size_t local_limit = 64;
constexpr std::size_t domain_limit = 253;
constexpr std::size_t label_limit = 63;
constexpr std::size_t address_word_limit = 6; ///< "john dot smith" at …

bool is_alphanumeric(char32_t c) { return is_ascii_letter(c) || is_ascii_digit(c); }

bool is_local(char32_t c)
{
    return is_alphanumeric(c) || c == U'.' || c == U'_' || c == U'%' || c == U'+' || c == U'-' || c == U'\'';
}

bool is_domain(char32_t c) { return is_alphanumeric(c) || c == U'.' || c == U'-'; }

bool ends_url(char32_t c)
{
    return is_space(c) || c == U'<' || c == U'>' || c == U'"' || c == U'）' || c == U'。' || c == U'，';
}

/// The URL whose "://" or "www." is at `at`; empty when none is.
Span url_at(Text text, std::size_t at)
{
    Span span{at, at};
    if (text[at] == U':' && text.substr(at, 3) == U"://") {
        while (span.start > 0 && at - span.start < 10 && is_ascii_letter(text[span.start - 1])) --span.start;
    } else if ((text[at] != U'w' && text[at] != U'W') || folded(text.substr(at, 4)) != "www." ||
               (at > 0 && is_alphanumeric(text[at - 1]))) {
        return span;
    }
    while (span.end < text.size() && !ends_url(text[span.end])) ++span.end;
    return span;
}

/// What belongs to the "@" at `at`.
Span around_at(Text text, std::size_t at)
{
    Span span{at, at + 1};
    while (span.start > 0 && at - span.start <= local_limit && is_local(text[span.start - 1])) --span.start;
    while (span.end < text.size() && span.end - at <= domain_limit && is_domain(text[span.end])) ++span.end;
    return span;
}

std::vector<Text> labels_of(Text domain)
{
    std::vector<Text> labels;
    while (true) {
        const std::size_t dot = std::min(domain.find(U'.'), domain.size());
        labels.push_back(domain.substr(0, dot));
        if (dot == domain.size()) return labels;
        domain.remove_prefix(dot + 1);
    }
}

bool is_label(Text label)
{
    return !label.empty() && label.size() <= label_limit && label.front() != U'-' && label.back() != U'-';
}

bool is_top_level(Text label)
{
    const bool letters = std::all_of(label.begin(), label.end(), is_ascii_letter);
    return label.size() >= 2 && label.size() <= 24 && (letters || folded(label).starts_with("xn--")) &&
           !file_endings().contains(folded(label));
}

/// "example.com.Thanks": the last label is the next sentence.
bool begins_next_sentence(Text before, Text label)
{
    return is_upper(label.front()) && std::none_of(before.begin(), before.end(), is_upper) &&
           top_level_domains().contains(folded(before));
}

/// The length of the domain at the start of `text`; 0 when there is none.
std::size_t domain_length(Text text)
{
    while (!text.empty() && (text.back() == U'.' || text.back() == U'-')) text.remove_suffix(1);
    std::vector<Text> labels = labels_of(text);
    while (labels.size() > 2 &&
           (labels.back().size() < 2 || begins_next_sentence(labels[labels.size() - 2], labels.back()))) {
        text.remove_suffix(labels.back().size() + 1);
        labels.pop_back();
    }
    const bool good =
        labels.size() >= 2 && std::all_of(labels.begin(), labels.end(), is_label) && is_top_level(labels.back());
    return good ? text.size() : 0;
}

bool is_good_local(Text local)
{
    return !local.empty() && local.size() <= local_limit && local.back() != U'.' && local.find(U"..") == Text::npos;
}

/// "example.test/?email=", "git@example.test:owner/project": the address is part of something longer.
bool is_part_of_link(Text text, Span span)
{
    if (span.start > 0 && text[span.start - 1] == U'=') {
        for (std::size_t at = span.start; at > 0 && span.start - at < domain_limit && !is_space(text[at - 1]); --at) {
            if (text[at - 1] == U'?' || text[at - 1] == U'&') return true;
        }
    }
    if (span.end + 1 >= text.size() || !is_ascii_letter(text[span.end + 1])) return false;
    std::size_t end = span.end;
    while (end < text.size() && end - span.end < domain_limit && !is_space(text[end])) ++end;
    const Text rest = text.substr(span.end, end - span.end);
    if (rest.front() == U'/') return rest.find(U'@') == Text::npos;
    return rest.front() == U':' && rest.find(U'/') != Text::npos;
}

bool is_clean_edge(Text text, Span span)
{
    const auto glued = [](char32_t c) {
        return c == U'@' || c == U'_' || is_digit(c) || (is_letter(c) && is_latin(c));
    };
    const bool before = span.start > 0 && glued(text[span.start - 1]);
    const bool after = span.end < text.size() && glued(text[span.end]);
    return !before && !after && !is_part_of_link(text, span);
}

std::optional<Address> address_in(Text text, Span span)
{
    const std::size_t at = text.substr(0, span.end).find(U'@', span.start);
    if (at >= span.end) return std::nullopt;
    while (span.start < at && !is_alphanumeric(text[span.start]) && text[span.start] != U'_') ++span.start;
    const std::size_t length = domain_length(text.substr(at + 1, span.end - at - 1));
    if (length == 0 || !is_good_local(text.substr(span.start, at - span.start))) return std::nullopt;
    span.end = at + 1 + length;
    if (!is_clean_edge(text, span)) return std::nullopt;
    const auto email = Email::parse(to_utf8(text.substr(span.start, span.end - span.start)));
    if (!email) return std::nullopt;
    return Address{span, email->value()};
}

/// " at ", "(at)", "[at]"; gives the tokens it takes.
std::size_t spelled(const Reading& reading, std::size_t index, std::string_view word)
{
    if (reading.is(index, word)) return 1;
    for (const auto& [open, close] : {std::pair{"(", ")"}, std::pair{"[", "]"}, std::pair{"{", "}"}}) {
        if (reading.is(index, open) && reading.is(index + 1, word) && reading.is(index + 2, close)) return 3;
    }
    return 0;
}

bool is_plain(const Reading& reading, std::size_t index)
{
    if (index >= reading.tokens().size()) return false;
    const Token& token = reading.tokens()[index];
    return token.kind != TokenKind::mark && token.kind != TokenKind::address &&
           std::all_of(token.folded.begin(), token.folded.end(),
                       [](char c) { return is_alphanumeric(static_cast<unsigned char>(c)) || c == '-'; });
}

/// The words before "at", back to the first that is not joined by "dot" or "underscore"; `at` when there are none.
std::size_t spelled_local(const Reading& reading, std::size_t at, std::string& local)
{
    if (at == 0 || !is_plain(reading, at - 1) || is_common_word(reading.tokens()[at - 1].folded)) return at;
    std::size_t first = at - 1;
    local = reading.tokens()[first].folded;
    for (std::size_t words = 1; words < address_word_limit && first >= 2 && is_plain(reading, first - 2); ++words) {
        const bool dot = reading.is(first - 1, "dot");
        if (!dot && !reading.is(first - 1, "underscore")) break;
        first -= 2;
        local = reading.tokens()[first].folded + (dot ? "." : "_") + local;
    }
    return first;
}

std::optional<Address> spelled_at(const Reading& reading, std::size_t at)
{
    std::string address;
    const std::size_t first = spelled_local(reading, at, address);
    std::size_t next = at + spelled(reading, at, "at");
    if (first == at || !is_plain(reading, next)) return std::nullopt;
    address += "@" + reading.tokens()[next++].folded;
    std::string last;
    for (std::size_t words = 0; words < address_word_limit; ++words) {
        const std::size_t dot = spelled(reading, next, "dot");
        if (dot == 0 || !is_plain(reading, next + dot)) break;
        last = reading.tokens()[next + dot].folded;
        address += "." + last;
        next += dot + 1;
    }
    const auto email = Email::parse(address);
    if (!top_level_domains().contains(last) || !email) return std::nullopt;
    return Address{{reading.tokens()[first].span.start, reading.tokens()[next - 1].span.end}, email->value(), true};
}

/// A word for e-mail shortly before, in the same sentence.
bool is_labelled(const Reading& reading, Span span)
{
    static const WordSet labels{"email e-mail emails mail mailto correo courriel mél emailaddress surel"};
    std::size_t index = reading.token_at(span.start);
    for (int looked = 0; looked < 6 && index > 0; ++looked) {
        if (reading.begins_sentence(index) && !reading.is(index - 1, ":")) return false;
        if (labels.contains(reading.tokens()[--index].folded)) return true;
    }
    return false;
}

} // namespace

std::vector<Span> find_address_like(Text text)
{
    std::vector<Span> found;
    for (std::size_t at = 0; at < text.size(); ++at) {
        Span span = text[at] == U'@' ? around_at(text, at) : url_at(text, at);
        if (span.empty()) continue;
        if (!found.empty() && span.start < found.back().end) {
            found.back().end = std::max(found.back().end, span.end);
        } else {
            found.push_back(span);
        }
        at = std::max(at, text[at] == U'@' ? at : span.end - 1);
    }
    return found;
}

std::vector<Address> find_emails(const Reading& reading)
{
    std::vector<Address> found;
    for (std::size_t index = 0; index < reading.tokens().size(); ++index) {
        const Token& token = reading.tokens()[index];
        const bool address = token.kind == TokenKind::address;
        if (!address && spelled(reading, index, "at") == 0) continue;
        auto email = address ? address_in(reading.characters(), token.span) : spelled_at(reading, index);
        if (email) found.push_back(std::move(*email));
    }
    return found;
}

EmailFinder::EmailFinder(const std::vector<std::string>& staff_addresses)
{
    for (const auto& address : staff_addresses) {
        if (const auto email = Email::parse(address)) staff_.push_back(email->value());
    }
    std::sort(staff_.begin(), staff_.end());
}

void EmailFinder::hear_agent(const Reading& reading)
{
    for (auto& address : find_emails(reading)) of_agents_.insert(std::move(address.normalised));
}

void EmailFinder::hear_customer(const ReadMessage& message, bool asked)
{
    for (const auto& address : find_emails(message.reading)) {
        if (std::binary_search(staff_.begin(), staff_.end(), address.normalised)) continue;
        weigh(message, address, asked);
    }
}

bool EmailFinder::is_foreign(const std::string& address) const { return of_agents_.contains(address); }

void EmailFinder::weigh(const ReadMessage& message, const Address& address, bool asked)
{
    const Owner owner = owner_of(message.reading, address.span);
    if (owner == Owner::other) return;
    int rank = 1;
    Fact fact = fact_at(message, address.span, address.normalised, "mentioned", 0.8);
    const auto known_as = [&](int as, std::string_view method, double confidence) {
        rank = as;
        fact.method = method;
        fact.confidence = confidence;
    };
    if (address.spelled) known_as(0, "spelled", 0.45);
    else if (owner == Owner::customer) known_as(3, "stated", 0.95);
    else if (is_labelled(message.reading, address.span)) known_as(2, "labelled", 0.9);
    else if (asked) known_as(2, "answered", 0.9);
    else if (is_foreign(address.normalised)) return;

    if (best_ && rank < best_rank_) return;
    const bool same_rank = best_ && rank == best_rank_;
    const bool differs = same_rank && best_->normalised != fact.normalised;
    ambiguous_ = rank == 1 && ((same_rank && ambiguous_) || differs);
    best_ = std::move(fact);
    best_rank_ = rank;
}

std::optional<Fact> EmailFinder::result() const { return ambiguous_ ? std::nullopt : best_; }

} // namespace trunkline::extraction
