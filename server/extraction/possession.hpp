// SPDX-License-Identifier: MIT
#pragma once

#include <extraction/reading.hpp>

namespace trunkline::extraction {

enum class Owner {
    unsaid,
    customer, ///< "my number is …", "call me at …", "… is mine"
    other,    ///< "his number is …", "my wife's", "I called you at …", "I got a mail from …"
};

/// Whose the value at `span` is, by the words around it in its sentence. The nearest word decides.
Owner owner_of(const Reading& reading, Span span);

} // namespace trunkline::extraction
