// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/reading.hpp>

namespace trunkline::extraction {

/// What an agent's message asks the customer for.
struct Topics {
    bool name = false;
    bool email = false;
    bool phone = false;
    bool number = false;  ///< of an order, an account, a card: no telephone number
    bool service = false; ///< "what can I do for you?"
    bool any() const noexcept { return name || email || phone || number || service; }
};

/// What `agent` asks for; nothing when the message asks for none of these.
Topics read_question(const Reading& agent);

/// Remembers what was asked last, for the customer's next few messages: he may answer in several.
class Asked {
public:
    void hear_agent(const Reading& agent);
    /// Call it after the message was read.
    void hear_customer();
    const Topics& topics() const noexcept { return topics_; }

private:
    Topics topics_;
    int answers_ = 0;
};

} // namespace trunkline::extraction
