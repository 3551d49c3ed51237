// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/name_parts.hpp>

#include <optional>

namespace trunkline::extraction {

/// A name a customer gives as his own in one message.
struct NameClaim {
    WrittenName name;
    std::string_view method;
    double confidence = 0;
};

/// The names in a customer's message that he gives as his own; `asked` when the agent asked for his name.
std::vector<NameClaim> find_names(const Reading& reading, bool asked);

/// Gathers, message by message, what the customer is called.
///
///   how the customer gives it                              method       confidence: one part / several
///   "my name is …", "Name: …"                              labelled     0.85 / 0.95
///   after the agent asked for it                           answered     0.70 / 0.90   (one unusual word: 0.55)
///   "I'm …", "this is …", "… here"                         introduced   0.70 / 0.85   (one unusual word: 0.55)
///   "the account is under the name …"                      account      0.70 / 0.75
///   below "Best regards" or "Thanks"                       signed       0.55 / 0.75
///   "sorry, it's Minh, not Min"                            corrected    0.90
///
/// A fuller form of the same name replaces a shorter one, a correction what it corrects; otherwise the surer wins,
/// then the latest. The agent's own name is nobody's answer.
class NameFinder {
public:
    void hear_agent(const Reading& reading);
    void hear_customer(const ReadMessage& message, bool asked);
    const std::optional<Fact>& result() const noexcept { return best_; }
    /// Still unknown, so that an answer is waited for.
    bool wants_answer() const noexcept { return !best_ || best_->confidence < 0.8; }

private:
    void weigh(const ReadMessage& message, const NameClaim& claim);
    void correct(const ReadMessage& message);
    bool is_agents(const WrittenName& name) const;
    void keep(const ReadMessage& message, const WrittenName& name, std::string normalised, std::string_view method,
              double confidence);

    std::optional<Fact> best_;
    std::vector<std::string> parts_;        ///< of the best, folded
    std::vector<std::string> agents_names_; ///< folded first names
};

} // namespace trunkline::extraction
