// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/uuid.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::extraction {

/// Who wrote a message. What software wrote ("Account has been pulled up for …") is `system`.
enum class Sender { customer, agent, system };
BOOST_DESCRIBE_ENUM(Sender, customer, agent, system)

/// One message of a conversation, as it is stored.
struct TranscriptMessage {
    db::Uuid id;
    std::int64_t seq = 0; ///< ascending within a conversation
    Sender sender = Sender::customer;
    std::string text; ///< UTF-8; bytes that are not are read as U+FFFD, as browsers do
    BOOST_DESCRIBE_CLASS(TranscriptMessage, (), (id, seq, sender, text), (), ())
};

/// What is known of the client already, in normal forms: it is not reported again.
struct KnownClient {
    std::optional<std::string> full_name, email, phone, whatsapp, nationality;
    BOOST_DESCRIBE_CLASS(KnownClient, (), (full_name, email, phone, whatsapp, nationality), (), ())
};

/// A service the tenant offers, with the words customers use for it.
struct CaseType {
    std::string code;
    std::string name;
    std::vector<std::string> keywords;
    BOOST_DESCRIBE_CLASS(CaseType, (), (code, name, keywords), (), ())
};

/// All an extractor may know. Of a conversation that is longer than the limits of reading.hpp the newest part is read.
struct ExtractionInput {
    std::vector<TranscriptMessage> messages; ///< in the order of seq
    KnownClient known;
    std::vector<CaseType> case_types;
    std::string default_region;               ///< ISO 3166 of numbers without a country code: "US"; may be empty
    std::vector<std::string> staff_addresses; ///< never the client's
    BOOST_DESCRIBE_CLASS(ExtractionInput, (), (messages, known, case_types, default_region, staff_addresses), (), ())
};

/// One value and where it was said. The place is `[start, end)` of the message's text, in Unicode code points.
struct Fact {
    std::string value;      ///< as it is written there
    std::string normalised; ///< as it belongs into a client: lower-case address, E.164, "Crystal Minh", "Italian"
    db::Uuid message_id;
    std::int64_t message_seq = 0;
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::string quote;  ///< the sentence around it; contains `value`
    std::string method; ///< how it was recognised: "labelled", "answered", "introduced", …
    double confidence = 0;
    BOOST_DESCRIBE_CLASS(Fact, (), (value, normalised, message_id, message_seq, start, end, quote, method, confidence),
                         (), ())
};

/// What the customer said of himself. An absent fact was not said, or is known already.
struct ClientFacts {
    std::optional<Fact> full_name, email, phone, whatsapp, nationality;
    double confidence = 0; ///< 0 when nothing was said
    BOOST_DESCRIBE_CLASS(ClientFacts, (), (full_name, email, phone, whatsapp, nationality, confidence), (), ())
};

/// Which service the customer is after.
struct Intent {
    bool detected = false;
    std::optional<std::string> case_type_code;
    double confidence = 0;
    std::string details;          ///< the customer's sentence; at most 500 characters
    std::optional<Fact> evidence; ///< `value` is the word, `normalised` the code
    BOOST_DESCRIBE_CLASS(Intent, (), (detected, case_type_code, confidence, details, evidence), (), ())
};

/// The facts of one conversation.
struct Extraction {
    ClientFacts client;
    Intent intent;
    std::string summary; ///< one or two sentences, at most 500 characters; empty when the customer said nothing
    BOOST_DESCRIBE_CLASS(Extraction, (), (client, intent, summary), (), ())
};

/// Turns a conversation into facts. It decides nothing: thresholds belong to whoever writes to the CRM.
/// Threads: `extract` may be called from any number of them.
class Extractor {
public:
    virtual ~Extractor() = default;
    /// The method under which its facts are kept: "builtin".
    virtual std::string_view name() const noexcept = 0;
    /// Never fails because of what a message contains.
    virtual Extraction extract(const ExtractionInput& input) const = 0;
};

} // namespace trunkline::extraction
