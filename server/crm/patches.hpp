// SPDX-License-Identifier: MIT
#pragma once

#include <crm/form_fields.hpp>

namespace trunkline::crm {

/// Whether a patch gives no field at all. REQUIRES: every field is a Maybe or a Blankable.
template <class Patch>
bool gives_nothing(const Patch& patch)
{
    bool any = false;
    boost::mp11::mp_for_each<MembersOf<Patch>>([&](auto member) { any = any || (patch.*member.pointer).given(); });
    return !any;
}

inline Refusal nothing_given() { return invalid("", "must give at least one field to change"); }

/// Puts what a patch gives into a field that may be empty.
template <class T>
void put(std::optional<std::string>& into, const Blankable<T>& given)
{
    if (given.given()) into = given.text();
}

/// The fields among `members` of the patch that are given as null although they cannot be empty.
template <class Patch, class... Members>
std::optional<Refusal> refuse_emptied(const Patch& patch, std::pair<const char*, Members Patch::*>... members)
{
    Refusal refusal{Refused::invalid, "the input is not valid", {}, 0};
    const auto look = [&](const char* name, const auto& field) {
        if (field.given() && !field.value()) refusal.fields.push_back({"/" + std::string(name), "cannot be emptied"});
    };
    (look(members.first, patch.*members.second), ...);
    if (refusal.fields.empty()) return std::nullopt;
    return refusal;
}

} // namespace trunkline::crm
