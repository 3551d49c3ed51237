// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace trunkline::agents {

/// What somebody wants of the built-in agent.
struct Wish {
    enum class Kind {
        nothing_known, ///< none of the others
        greeting,
        thanks,
        farewell,
        help,   ///< what can you do?
        notes,  ///< what did you note? what do you know about me?
        person, ///< who is …?; `person` says who
    };
    Kind kind = Kind::nothing_known;
    std::string person; ///< a name or an e-mail address, as it was written
};

/// Reads a message. Pure, English, made of phrases: it is right about what it lists and says `nothing_known` otherwise.
Wish read_wish(std::string_view message);

} // namespace trunkline::agents
