// SPDX-License-Identifier: MIT
// Reads real dialogues, where there are some, and prints how much is found: a number to raise, not one to tune to.
#include <extraction/support/dialogue.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <crm/phone_parser.hpp>
#include <extraction/phones.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <set>

using namespace trunkline::extraction;
using namespace trunkline::extraction::testing;

namespace {

/// The folder of the dialogues: TRUNKLINE_CORPUS or its folder "dialogues".
std::filesystem::path corpus()
{
    const char* folder = std::getenv("TRUNKLINE_CORPUS");
    if (!folder) return {};
    const std::filesystem::path dialogues = std::filesystem::path(folder) / "dialogues";
    return std::filesystem::is_directory(dialogues) ? dialogues : std::filesystem::path(folder);
}

std::vector<std::filesystem::path> files(const std::string& beginning)
{
    std::set<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(corpus())) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(beginning) && name.ends_with(".json")) found.insert(entry.path());
    }
    return {found.begin(), found.end()};
}

struct Score {
    int right = 0, wrong = 0, missed = 0;

    void count(const std::string& expected, const std::string& found)
    {
        if (!found.empty()) (found == expected ? right : wrong) += 1;
        if (!expected.empty() && found != expected) ++missed;
    }
    void print(const char* field) const
    {
        const auto share = [this](int other) {
            return right + other == 0 ? 1.0 : right / static_cast<double>(right + other);
        };
        std::printf("%-28s precision %.3f  recall %.3f  (right %d, wrong %d, missed %d)\n", field, share(wrong),
                    share(missed), right, wrong, missed);
    }
};

/// What the customer of an ABCD dialogue says himself, of what the scenario knows of him.
std::string told(const ExtractionInput& input, const std::string& truth, bool digits_only)
{
    const auto reduced = [&](const std::string& text) {
        std::string kept;
        for (const char32_t c : from_utf8(folded(from_utf8(text, text.size())), text.size())) {
            if (!digits_only || (c >= U'0' && c <= U'9')) kept += to_utf8(std::u32string(1, c));
        }
        return kept;
    };
    if (truth.empty()) return {};
    for (const auto& message : input.messages) {
        if (message.sender == Sender::customer && reduced(message.text).find(reduced(truth)) != std::string::npos)
            return truth;
    }
    return {};
}

std::string field(const boost::json::value& personal, const char* name)
{
    const auto* value = personal.as_object().if_contains(name);
    return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

} // namespace

TEST(Corpus, of_customers_and_agents_is_read_with_known_precision_and_recall)
{
    if (corpus().empty()) GTEST_SKIP() << "TRUNKLINE_CORPUS names no folder";
    Score names, emails, phones;
    for (const auto& file : files("abcd")) {
        const boost::json::value dialogues = read_json(file);
        for (const auto& dialogue : dialogues.as_array()) {
            const ExtractionInput input = abcd_dialogue(dialogue);
            const Extraction extraction = BuiltinExtractor().extract(input);
            EXPECT_EQ(misplaced(input, extraction), "");
            const auto& personal = dialogue.at("scenario").at("personal");
            names.count(told(input, field(personal, "customer_name"), false),
                        folded(from_utf8(value_of(extraction.client.full_name), 1000)));
            emails.count(told(input, field(personal, "email"), false), value_of(extraction.client.email));
            const std::string phone = told(input, field(personal, "phone"), true);
            phones.count(trunkline::crm::parse_phone(phone, "US", trunkline::crm::PhoneCheck::possible).value_or(""),
                         value_of(extraction.client.phone));
        }
    }
    names.print("abcd full_name");
    emails.print("abcd email");
    phones.print("abcd phone");
    EXPECT_GT(names.right + emails.right + phones.right, 0);
}

TEST(Corpus, of_tasks_gives_phones_at_their_spans)
{
    if (corpus().empty()) GTEST_SKIP() << "TRUNKLINE_CORPUS names no folder";
    Score phones, clients;
    for (const auto& file : files("sgd")) {
        const boost::json::value dialogues = read_json(file);
        for (const auto& dialogue : dialogues.as_array()) {
            std::vector<Line> lines;
            for (const auto& turn : dialogue.at("turns").as_array()) {
                const std::string text(turn.at("utterance").as_string());
                std::set<std::string> expected;
                std::set<std::string> found;
                for (const auto& slot : turn.at("slots").as_array()) {
                    if (slot.at("slot").as_string().find("phone") == std::string_view::npos) continue;
                    expected.insert(std::to_string(slot.at("start").as_int64()) + "-" +
                                    std::to_string(slot.at("exclusive_end").as_int64()));
                }
                for (const auto& phone : find_phones(Reading(text), "US")) {
                    found.insert(std::to_string(phone.span.start) + "-" + std::to_string(phone.span.end));
                }
                for (const auto& place : found) {
                    phones.count(expected.contains(place) ? place : "", place);
                    if (!expected.contains(place)) std::printf("phone? %s in %s\n", place.c_str(), text.c_str());
                }
                for (const auto& place : expected) {
                    if (!found.contains(place)) phones.count(place, "");
                }
                lines.emplace_back(turn.at("speaker").as_string() == "USER" ? "customer" : "agent", text);
            }
            // Who books a table hardly ever says who he is: what is found here deserves a look.
            const ExtractionInput input = conversation(lines);
            const Extraction extraction = BuiltinExtractor().extract(input);
            EXPECT_EQ(misplaced(input, extraction), "");
            const ClientFacts& client = extraction.client;
            for (const auto* fact : {&client.full_name, &client.email, &client.phone}) {
                if (*fact) std::printf("client? %s in %s\n", (*fact)->value.c_str(), (*fact)->quote.c_str());
                clients.count("", value_of(*fact));
            }
        }
    }
    phones.print("sgd phone spans");
    clients.print("sgd client values");
    EXPECT_GT(phones.right, 0);
}
