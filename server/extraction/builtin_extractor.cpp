// SPDX-License-Identifier: MIT
#include <extraction/builtin_extractor.hpp>

#include <extraction/emails.hpp>
#include <extraction/letters.hpp>
#include <extraction/names.hpp>
#include <extraction/nationalities.hpp>
#include <extraction/phones.hpp>
#include <extraction/services.hpp>
#include <extraction/summary.hpp>

#include <algorithm>

namespace trunkline::extraction {

namespace {

/// The newest messages within the limits: where to begin.
std::size_t first_read(const std::vector<TranscriptMessage>& messages)
{
    std::size_t characters = 0;
    std::size_t first = messages.size();
    while (first > 0 && messages.size() - first < transcript_message_limit) {
        // Bytes are an upper bound of characters; at most what is read of one message.
        characters += std::min(messages[first - 1].text.size(), message_character_limit);
        if (characters > transcript_character_limit) break;
        --first;
    }
    return first;
}

/// One conversation on its way through the finders.
class Conversation {
public:
    explicit Conversation(const ExtractionInput& input)
        : emails_(input.staff_addresses), phones_(input.default_region), services_(input.case_types)
    {}

    void hear(const TranscriptMessage& message)
    {
        if (message.sender == Sender::system) return;
        const ReadMessage read{message.id, message.seq, message.sender, Reading(message.text)};
        if (message.sender == Sender::agent) hear_agent(read.reading);
        else hear_customer(read);
    }

    Extraction result() const
    {
        Extraction extraction;
        extraction.client.full_name = names_.result();
        extraction.client.email = emails_.result();
        extraction.client.phone = phones_.phone();
        extraction.client.whatsapp = phones_.whatsapp();
        extraction.client.nationality = nationality_;
        extraction.intent = services_.result();
        extraction.summary = summary_.text(extraction.intent);
        return extraction;
    }

private:
    void hear_agent(const Reading& reading)
    {
        asked_.hear_agent(reading);
        names_.hear_agent(reading);
        emails_.hear_agent(reading);
        phones_.hear_agent(reading);
    }

    void hear_customer(const ReadMessage& message)
    {
        const Topics& topics = asked_.topics();
        names_.hear_customer(message, topics.name && names_.wants_answer());
        emails_.hear_customer(message, topics.email);
        phones_.hear_customer(message, topics);
        services_.hear_customer(message, topics);
        summary_.hear_customer(message.reading);
        auto nationality = find_nationality(message);
        if (nationality && (!nationality_ || nationality->confidence >= nationality_->confidence))
            nationality_ = std::move(nationality);
        asked_.hear_customer();
    }

    Asked asked_;
    NameFinder names_;
    EmailFinder emails_;
    PhoneFinder phones_;
    ServiceFinder services_;
    Summary summary_;
    std::optional<Fact> nationality_;
};

/// "cminh730@…" for Crystal Minh.
bool bears_out(const std::string& email, const std::string& name)
{
    constexpr std::size_t telling = 3;
    const std::string local = folded(from_utf8(email.substr(0, email.find('@')), message_character_limit));
    std::string_view rest = name;
    while (!rest.empty()) {
        const std::size_t space = std::min(rest.find(' '), rest.size());
        const std::string part = folded(from_utf8(rest.substr(0, space), message_character_limit));
        if (part.size() >= telling && local.find(part) != std::string::npos) return true;
        rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    return false;
}

double confidence_of(const ClientFacts& client)
{
    double surest = 0;
    for (const auto* fact : {&client.full_name, &client.email, &client.phone, &client.whatsapp, &client.nationality}) {
        if (*fact) surest = std::max(surest, (*fact)->confidence);
    }
    const auto sure = [](const std::optional<Fact>& fact) { return fact && fact->confidence >= 0.5; };
    const bool reachable = sure(client.email) || sure(client.phone) || sure(client.whatsapp);
    return reachable && sure(client.full_name) ? std::min(0.99, surest + 0.03) : surest;
}

/// A value that is known, or says less than what is known, is no news.
bool is_known(const std::optional<std::string>& known, const Fact& fact)
{
    if (!known) return false;
    const std::string before = " " + folded(from_utf8(*known, message_character_limit)) + " ";
    return before.find(" " + folded(from_utf8(fact.normalised, message_character_limit)) + " ") != std::string::npos;
}

void drop_known(ClientFacts& client, const KnownClient& known)
{
    const auto drop = [](std::optional<Fact>& fact, const std::optional<std::string>& value) {
        if (fact && is_known(value, *fact)) fact.reset();
    };
    drop(client.full_name, known.full_name);
    drop(client.email, known.email);
    drop(client.phone, known.phone);
    drop(client.whatsapp, known.whatsapp);
    drop(client.nationality, known.nationality);
}

} // namespace

Extraction BuiltinExtractor::extract(const ExtractionInput& input) const
{
    Conversation conversation(input);
    for (std::size_t at = first_read(input.messages); at < input.messages.size(); ++at)
        conversation.hear(input.messages[at]);
    Extraction extraction = conversation.result();
    ClientFacts& client = extraction.client;
    if (client.full_name && client.email && bears_out(client.email->normalised, client.full_name->normalised)) {
        client.full_name->confidence = std::min(0.99, client.full_name->confidence + 0.05);
    }
    client.confidence = confidence_of(client);
    drop_known(client, input.known);
    return extraction;
}

} // namespace trunkline::extraction
