// SPDX-License-Identifier: MIT
#include <extraction/phones.hpp>

#include <crm/phone_parser.hpp>
#include <extraction/possession.hpp>
#include <extraction/vocabulary.hpp>

namespace trunkline::extraction {

using crm::PhoneCheck;

namespace {

constexpr std::size_t words_before = 10;
constexpr std::size_t words_after = 6;

NumberLabel label_of(const Token& token)
{
    static const WordSet phones{"phone phones telephone tel mobile mob cell cellphone cel call ring dial reach text "
                                "sms contact telefon handy mobil "
                                "rufnummer telefonnummer handynummer telefono teléfono móvil cellulare portable "
                                "téléphone telepon hp ponsel telefoon "
                                "phone# landline fax"};
    static const WordSet whatsapps{"whatsapp whatsap watsapp wa wa.me"};
    static const WordSet refused{
        "order orders invoice invoices account acct tracking track card credit debit id ids ref reference ticket case "
        "confirmation booking reservation zip zipcode postal postcode plz code pin ssn passport sku item serial model "
        "policy "
        "iban bank routing cvv member membership username user license licence price amount total vat tax parcel "
        "shipment "
        "receipt transaction flight product barcode isbn npwp nik rechnung bestellung konto auftrag kundennummer "
        "fattura "
        "ordine ordine factura pedido commande facture"};
    if (whatsapps.contains(token.folded)) return NumberLabel::whatsapp;
    if (phones.contains(token.folded)) return NumberLabel::phone;
    if (refused.contains(token.folded)) return NumberLabel::refused;
    return NumberLabel::none;
}

/// The label at `index`, which may be two: "phone / WhatsApp".
NumberLabel joined_label(const Reading& reading, std::size_t index)
{
    const NumberLabel label = label_of(reading.tokens()[index]);
    if (label != NumberLabel::phone && label != NumberLabel::whatsapp) return label;
    for (std::size_t looked = 1; looked <= 3 && looked <= index; ++looked) {
        const NumberLabel other = label_of(reading.tokens()[index - looked]);
        if (other == NumberLabel::refused) break;
        if (other != NumberLabel::none && other != label) return NumberLabel::phone_and_whatsapp;
    }
    return label;
}

/// A line of its own may be labelled by the line before: "Phone:".
bool is_labelled_by_line_before(const Reading& reading, std::size_t index)
{
    if (index == 0) return false;
    return reading.is(index - 1, ":") || label_of(reading.tokens()[index - 1]) != NumberLabel::none;
}

NumberLabel label_before(const Reading& reading, std::size_t index)
{
    for (std::size_t looked = 0; looked < words_before && index > 0; ++looked) {
        if (reading.begins_sentence(index) && !is_labelled_by_line_before(reading, index)) break;
        --index;
        const NumberLabel label = joined_label(reading, index);
        if (label != NumberLabel::none) return label;
        // "my number is": a number of his own that is of nothing else.
        if (reading.is(index, "number") && reading.is(index - 1, "my") && index > 0) return NumberLabel::phone;
    }
    return NumberLabel::none;
}

NumberLabel label_after(const Reading& reading, std::size_t index)
{
    for (std::size_t looked = 0; looked < words_after && index < reading.tokens().size(); ++looked, ++index) {
        const Token& token = reading.tokens()[index];
        if (reading.begins_sentence(index) || token.kind == TokenKind::number || token.folded == ",") break;
        const NumberLabel label = label_of(token);
        if (label != NumberLabel::none) return label;
        if (reading.match(index, "my number") != 0) return NumberLabel::phone;
    }
    return NumberLabel::none;
}

NumberLabel label_around(const Reading& reading, Span span)
{
    const NumberLabel before = label_before(reading, reading.token_at(span.start));
    if (before == NumberLabel::refused) return before;
    const NumberLabel after = label_after(reading, reading.token_at(span.end));
    if (before == NumberLabel::none) return after;
    return before == NumberLabel::phone && after == NumberLabel::whatsapp ? NumberLabel::phone_and_whatsapp : before;
}

bool is_alone(const Reading& reading, Span span)
{
    const std::size_t first = reading.token_at(span.start);
    const std::size_t next = reading.token_at(span.end);
    return reading.tokens()[first].starts_line &&
           (next >= reading.tokens().size() || reading.tokens()[next].starts_line);
}

/// How sure the number must be; nothing when it cannot be a phone here.
std::optional<PhoneCheck> check_for(const Phone& phone, const Topics& asked)
{
    if (phone.label == NumberLabel::refused) return std::nullopt;
    if (phone.label != NumberLabel::none || phone.answered) return PhoneCheck::possible;
    if (asked.number && !asked.phone && !phone.phone_like) return std::nullopt;
    return phone.phone_like && !asked.number ? PhoneCheck::possible : PhoneCheck::valid;
}

int rank_of(const Fact& fact) { return static_cast<int>(fact.confidence * 100); }

void keep_surest(std::optional<Fact>& kept, const Fact& fact)
{
    // "stated", "labelled" and "answered" are all his word: the latest of them counts.
    const auto level = [](const Fact& of) { return rank_of(of) >= 90 ? 90 : rank_of(of); };
    if (!kept || level(fact) >= level(*kept)) kept = fact;
}

} // namespace

std::vector<Phone> find_phones(const Reading& reading, std::string_view region, const Topics& asked)
{
    std::vector<Phone> found;
    for (const WrittenNumber& number : find_numbers(reading)) {
        Phone phone{number.span, {}, label_around(reading, number.span)};
        phone.phone_like = number.shape == Shape::phone_like;
        // Asked for a phone and an order, digits may be either.
        phone.answered = asked.phone && (phone.phone_like || !asked.number);
        phone.alone = is_alone(reading, number.span);
        const auto check = check_for(phone, asked);
        auto normalised = check ? crm::parse_phone(number.plain, region, *check) : std::nullopt;
        if (!normalised) continue;
        phone.normalised = std::move(*normalised);
        found.push_back(std::move(phone));
    }
    return found;
}

void PhoneFinder::hear_agent(const Reading& reading)
{
    for (auto& phone : find_phones(reading, region_)) of_agents_.insert(std::move(phone.normalised));
}

void PhoneFinder::hear_customer(const ReadMessage& message, const Topics& asked)
{
    for (const Phone& phone : find_phones(message.reading, region_, asked)) weigh(message, phone);
}

void PhoneFinder::weigh(const ReadMessage& message, const Phone& phone)
{
    const Owner owner = owner_of(message.reading, phone.span);
    if (owner == Owner::other) return;
    Fact fact = fact_at(message, phone.span, phone.normalised, "guessed", phone.alone ? 0.55 : 0.45);
    const auto known_as = [&](std::string_view method, double confidence) {
        fact.method = method;
        fact.confidence = confidence;
    };
    const bool labelled = phone.label != NumberLabel::none;
    if (labelled && owner == Owner::customer) known_as("stated", 0.95);
    else if (!labelled && !phone.answered && of_agents_.contains(phone.normalised)) return;
    else if (labelled) known_as("labelled", 0.9);
    else if (phone.answered) known_as("answered", 0.9);
    else if (phone.phone_like) known_as("mentioned", 0.75);

    const bool whatsapp = phone.label == NumberLabel::whatsapp || phone.label == NumberLabel::phone_and_whatsapp;
    if (whatsapp) keep_surest(whatsapp_, fact);
    if (phone.label != NumberLabel::whatsapp) keep_surest(phone_, fact);
}

} // namespace trunkline::extraction
