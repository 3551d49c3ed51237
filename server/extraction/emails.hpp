// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/reading.hpp>

#include <optional>
#include <unordered_set>

namespace trunkline::extraction {

/// Everything that looks like a URL or an e-mail address, good or bad, in order and without overlaps: so that
/// whoever reads words and numbers stays out of it.
std::vector<Span> find_address_like(std::u32string_view text);

/// An e-mail address in a text.
struct Address {
    Span span;
    std::string normalised; ///< lower case
    bool spelled = false;   ///< "user at example dot com"
};

/// The e-mail addresses of a message. Punctuation around one is not part of it; those inside URLs, and file names
/// ("logo@2x.png"), are none.
std::vector<Address> find_emails(const Reading& reading);

/// Gathers, message by message, which address is the customer's own.
///
///   how the customer gives it                              method      confidence
///   "my email is …", "write me at …", "… is my address"    stated      0.95
///   "Email: …"                                             labelled    0.90
///   after the agent asked for it                           answered    0.90
///   the only one he mentions                               mentioned   0.80
///   "user at example dot com"                              spelled     0.45
///
/// The surest wins, then the latest. An address he says is somebody else's, one the agent gave before, and those
/// of the staff never do; of several that are merely mentioned none does.
class EmailFinder {
public:
    explicit EmailFinder(const std::vector<std::string>& staff_addresses);
    void hear_agent(const Reading& reading);
    void hear_customer(const ReadMessage& message, bool asked);
    std::optional<Fact> result() const;

private:
    void weigh(const ReadMessage& message, const Address& address, bool asked);
    bool is_foreign(const std::string& address) const;

    std::vector<std::string> staff_;
    std::unordered_set<std::string> of_agents_;
    std::optional<Fact> best_;
    int best_rank_ = 0;
    bool ambiguous_ = false;
};

} // namespace trunkline::extraction
