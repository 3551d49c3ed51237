// SPDX-License-Identifier: MIT
#include <extraction/support/dialogue.hpp>

#include <boost/json/parse.hpp>

#include <fstream>
#include <iterator>

namespace trunkline::extraction::testing {

namespace {

Sender sender_of(const std::string& who)
{
    if (who == "customer") return Sender::customer;
    return who == "agent" ? Sender::agent : Sender::system;
}

db::Uuid id_of(std::size_t line)
{
    db::Uuid::Bytes16 bytes{};
    bytes[14] = static_cast<std::uint8_t>(line >> 8);
    bytes[15] = static_cast<std::uint8_t>(line);
    return db::Uuid(bytes);
}

} // namespace

ExtractionInput conversation(const std::vector<Line>& lines)
{
    ExtractionInput input;
    input.default_region = "US";
    for (const auto& [who, text] : lines) {
        const auto seq = static_cast<std::int64_t>(input.messages.size() + 1);
        input.messages.push_back({id_of(input.messages.size() + 1), seq, sender_of(who), text});
    }
    return input;
}

Extraction extract(const std::vector<Line>& lines) { return BuiltinExtractor().extract(conversation(lines)); }

std::string value_of(const std::optional<Fact>& fact) { return fact ? fact->normalised : std::string(); }

std::string misplaced(const ExtractionInput& input, const std::optional<Fact>& fact)
{
    if (!fact) return {};
    for (const auto& message : input.messages) {
        if (message.id != fact->message_id || message.seq != fact->message_seq) continue;
        const std::u32string text = from_utf8(message.text, message.text.size());
        const auto start = static_cast<std::size_t>(fact->start);
        const auto end = static_cast<std::size_t>(fact->end);
        if (fact->start < 0 || start >= end || end > text.size()) return "the span leaves the text: " + fact->value;
        if (message.sender != Sender::customer) return "not the customer's words: " + fact->value;
        if (to_utf8(std::u32string_view(text).substr(start, end - start)) != fact->value)
            return "not at its place: " + fact->value;
        if (fact->quote.find(fact->value) == std::string::npos) return "not in its quote: " + fact->value;
        return to_utf8(text).find(fact->quote) == std::string::npos ? "the quote is not in the text: " + fact->quote
                                                                    : "";
    }
    return "no such message: " + fact->value;
}

std::string misplaced(const ExtractionInput& input, const Extraction& extraction)
{
    const ClientFacts& client = extraction.client;
    for (const auto* fact : {&client.full_name, &client.email, &client.phone, &client.whatsapp, &client.nationality,
                             &extraction.intent.evidence}) {
        if (auto problem = misplaced(input, *fact); !problem.empty()) return problem;
    }
    return {};
}

ReadMessage read(const std::string& text) { return {id_of(1), 1, Sender::customer, Reading(text)}; }

boost::json::value read_json(const std::filesystem::path& file)
{
    std::ifstream stream(file, std::ios::binary);
    return boost::json::parse(std::string(std::istreambuf_iterator<char>(stream), {}));
}

ExtractionInput abcd_dialogue(const boost::json::value& dialogue)
{
    std::vector<Line> lines;
    for (const auto& line : dialogue.at("original").as_array()) {
        lines.emplace_back(std::string(line.at(0).as_string()), std::string(line.at(1).as_string()));
    }
    return conversation(lines);
}

} // namespace trunkline::extraction::testing
