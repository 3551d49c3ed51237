// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <crm/editor.hpp>
#include <trunkline/db/executor.hpp>

namespace trunkline::crm {

/// What the audit remembers of a write: who did what to which object, and each field before and after.
struct AuditEntry {
    std::string action; ///< created, updated, deactivated, read
    std::string entity; ///< client, case, case_type, interaction, conversation
    Uuid entity_id;
    json::object changes; ///< {"email": {"before": null, "after": "ada@crm.example.test"}}
};

/// Writes the entry. Use the executor of the write itself, so that neither is there without the other.
asio::awaitable<void> write_audit(db::Executor& db, const Editor& editor, const AuditEntry& entry, Time now);
/// The same, as a member of the unit that does the write.
void add_audit(db::Batch& unit, const Editor& editor, const AuditEntry& entry, Time now);

/// The fields that differ.
template <class T>
json::object changes_between(const T& before, const T& after);

/// The fields of something new that have a value.
template <class T>
json::object changes_of_new(const T& made);

// -- Implementation ----------------------------------------------------------

namespace detail {
inline json::object before_and_after(json::value before, json::value after)
{
    return {{"before", std::move(before)}, {"after", std::move(after)}};
}
} // namespace detail

template <class T>
json::object changes_between(const T& before, const T& after)
{
    json::object changes;
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
        json::value was = to_json(before.*member.pointer);
        json::value is = to_json(after.*member.pointer);
        if (was != is) changes.emplace(member.name, detail::before_and_after(std::move(was), std::move(is)));
    });
    return changes;
}

template <class T>
json::object changes_of_new(const T& made)
{
    json::object changes;
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto member) {
        json::value is = to_json(made.*member.pointer);
        if (!is.is_null()) changes.emplace(member.name, detail::before_and_after(nullptr, std::move(is)));
    });
    return changes;
}

} // namespace trunkline::crm
