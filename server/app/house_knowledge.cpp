// SPDX-License-Identifier: MIT
#include <app/house_knowledge.hpp>

#include <base/utf8.hpp>
#include <crm/clients.hpp>

namespace trunkline {

namespace {

/// The turns as the extractor reads them; a turn's place is its seq.
extraction::ExtractionInput input_of(const agents::Question& question, const std::string& default_region)
{
    extraction::ExtractionInput input;
    input.default_region = default_region;
    for (const agents::Turn& turn : question.turns) {
        const auto sender =
            turn.role == agents::Speaker::user ? extraction::Sender::customer : extraction::Sender::agent;
        input.messages.push_back({db::Uuid{}, static_cast<std::int64_t>(input.messages.size()), sender, turn.content});
    }
    return input;
}

std::vector<agents::Noted> noted_in(const extraction::ClientFacts& client)
{
    constexpr double sure_enough = 0.5; // as for the CRM: below is a guess
    std::vector<agents::Noted> all;
    const auto add = [&](const char* what, const std::optional<extraction::Fact>& fact) {
        if (fact && fact->confidence >= sure_enough)
            all.push_back({what, fact->normalised, static_cast<std::size_t>(fact->message_seq)});
    };
    add("name", client.full_name);
    add("e-mail", client.email);
    add("phone", client.phone);
    add("WhatsApp", client.whatsapp);
    add("nationality", client.nationality);
    return all;
}

struct Found {
    std::string full_name;
    std::string status;
    std::optional<std::string> email, phone, nationality, company;
};
BOOST_DESCRIBE_STRUCT(Found, (), (full_name, status, email, phone, nationality, company))

} // namespace

asio::awaitable<std::vector<agents::Noted>> HouseFacts::note(const agents::Question& question)
{
    auto work = [this, input = input_of(question, default_region_)] {
        return noted_in(extractor_.extract(input).client);
    };
    co_return co_await lane_.run(std::move(work));
}

asio::awaitable<std::vector<agents::KnownPerson>> HouseKnowledge::find_people(Uuid tenant, std::string text)
{
    const std::string sought(trimmed(text));
    if (sought.empty()) co_return std::vector<agents::KnownPerson>{};
    const auto rows = co_await db_.fetch<Found>(
        db::by_engine{
            .postgresql =
                "SELECT full_name, status, email, phone, nationality, company FROM clients WHERE tenant_id = $1"
                " AND (full_name ILIKE $2 ESCAPE '!' OR email = $3) ORDER BY (email = $3) DESC NULLS LAST, id DESC LIMIT 10",
            .sqlite = "SELECT full_name, status, email, phone, nationality, company FROM clients WHERE tenant_id = $1"
                      " AND (full_name LIKE $2 ESCAPE '!' OR email = $3) ORDER BY (email = $3) DESC, id DESC LIMIT 10"},
        tenant, crm::pattern_of(sought), ascii_lower(sought));
    std::vector<agents::KnownPerson> people;
    for (const Found& row : rows)
        people.push_back({row.full_name, row.status, row.email, row.phone, row.nationality, row.company});
    co_return people;
}

} // namespace trunkline
