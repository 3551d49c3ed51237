// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/number_shapes.hpp>
#include <extraction/questions.hpp>

#include <optional>
#include <unordered_set>

namespace trunkline::extraction {

/// What the words around a number call it. The nearest such word before it decides, else the nearest after it.
enum class NumberLabel {
    none,
    phone,
    whatsapp,
    phone_and_whatsapp,
    refused, ///< of an order, an invoice, an account, a parcel, a card, …: never a phone
};

/// A telephone number in a text.
struct Phone {
    Span span;              ///< as it is written
    std::string normalised; ///< E.164
    NumberLabel label = NumberLabel::none;
    bool answered = false;   ///< the agent asked for it
    bool phone_like = false; ///< by its shape
    bool alone = false;      ///< nothing else is in its line
};

/// The telephone numbers of a message: possible ones where the text looks like a phone, is labelled as one or answers
/// the question for it, valid ones elsewhere.
std::vector<Phone> find_phones(const Reading& reading, std::string_view region, const Topics& asked = {});

/// Gathers, message by message, which numbers are the customer's own.
///
///   how the customer gives it                              method      confidence
///   "my number is …", "call me at …"                       stated      0.95
///   "Phone: …", "WhatsApp …"                               labelled    0.90
///   after the agent asked for it                           answered    0.90
///   by itself, in the shape of a phone                     mentioned   0.75
///   a line of digits that are a valid number               guessed     0.55
///   digits in a sentence that are a valid number           guessed     0.45
///
/// The surest wins, then the latest. A number he says is somebody else's never does, nor one the agent gave before.
class PhoneFinder {
public:
    explicit PhoneFinder(std::string region) : region_(std::move(region)) {}
    void hear_agent(const Reading& reading);
    void hear_customer(const ReadMessage& message, const Topics& asked);
    const std::optional<Fact>& phone() const noexcept { return phone_; }
    const std::optional<Fact>& whatsapp() const noexcept { return whatsapp_; }

private:
    void weigh(const ReadMessage& message, const Phone& phone);

    std::string region_;
    std::unordered_set<std::string> of_agents_;
    std::optional<Fact> phone_;
    std::optional<Fact> whatsapp_;
};

} // namespace trunkline::extraction
