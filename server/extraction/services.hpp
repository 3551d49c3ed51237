// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/questions.hpp>

#include <map>
#include <optional>

namespace trunkline::extraction {

inline constexpr std::size_t case_type_limit = 500; ///< further ones are not looked for
inline constexpr std::size_t keyword_limit = 100;   ///< of one case type
inline constexpr std::size_t term_word_limit = 8;   ///< longer terms are not looked for
inline constexpr std::size_t term_character_limit = 120;

/// A service named in a text.
struct Mention {
    std::size_t case_type = 0; ///< index into the case types
    Span span;
    std::size_t first_token = 0;
    std::size_t next_token = 0;
    bool by_name = false; ///< its code or name, not a keyword
};

/// The words of the tenant's case types: codes ("PT_PMA" is also found as "PT PMA"), names and keywords, as whole words
/// without regard to case or to a simple plural.
class ServiceTerms {
public:
    explicit ServiceTerms(const std::vector<CaseType>& case_types);
    /// Every mention; of terms that overlap the longest. Linear in the text.
    std::vector<Mention> find(const Reading& reading) const;

private:
    struct Term {
        std::vector<std::string> words; ///< singular, folded
        std::size_t case_type = 0;
        bool by_name = false;
    };
    void add(std::string_view text, std::size_t case_type, bool by_name);
    std::optional<Mention> longest_at(const Reading& reading, const std::vector<std::string>& singular,
                                      std::size_t index) const;

    std::map<std::string, std::vector<Term>, std::less<>> by_first_word_;
};

/// How a sentence speaks of the thing at `mention`.
enum class Manner {
    refused,   ///< "I don't need a visa"
    mentioned, ///< "my visa expires in May"
    inquired,  ///< "how much is a visa?"
    requested, ///< "I need a visa", "how do I get a visa", "can you help me with a visa"
};
Manner manner_of(const Reading& reading, const Mention& mention);

/// Gathers, message by message, which service the customer is after.
///
///   how the customer speaks of it                                        method      confidence
///   asks for it: "I need …", "how do I get …", "help me with …"          requested   0.80 (by code or name 0.85)
///   names it, asked what he needs                                        answered    0.75
///   asks about it: "how much is …", "what is …?"                         inquired    0.65
///   mentions it                                                          mentioned   0.40
///   asks for it again, in another message                                            +0.05 each, at most 0.95
///   does not want it (said last)                                                     not detected
///
/// The surest is the primary service; of several the latest.
class ServiceFinder {
public:
    explicit ServiceFinder(const std::vector<CaseType>& case_types);
    void hear_customer(const ReadMessage& message, const Topics& asked);
    Intent result() const;

private:
    struct Standing {
        double confidence = 0;
        std::int64_t last_request = -1;
        std::optional<Fact> evidence;
    };
    void weigh(const ReadMessage& message, const Mention& mention, const Topics& asked);

    const std::vector<CaseType>& case_types_;
    ServiceTerms terms_;
    std::vector<Standing> standings_;
};

/// Whether the sentence that begins at `token` asks for something: for the summary.
bool is_request(const Reading& reading, Span sentence);

} // namespace trunkline::extraction
