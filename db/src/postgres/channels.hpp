// SPDX-License-Identifier: MIT
#pragma once

#include <trunkline/db/error.hpp>

#include <map>
#include <memory>
#include <set>
#include <vector>

namespace trunkline::db::postgres {

/// That somebody wants a channel, and what came of it.
struct Wish {
    bool withdrawn = false;
    std::optional<ErrorInfo> refusal;
};
using WishPtr = std::shared_ptr<Wish>;

/// On which channels a listener wants to listen, and on which the server does: no I/O.
class Channels {
public:
    using Names = std::vector<std::string>;

    WishPtr wish(const std::string& channel);
    /// False when nobody wanted it.
    bool withdraw(std::string_view channel);
    void refuse(const std::string& channel, ErrorInfo why);
    bool wanted(std::string_view channel) const { return wishes_.contains(channel); }
    std::vector<WishPtr> wishes() const;
    std::size_t size() const noexcept { return wishes_.size(); }

    /// Whether the server listens on it.
    bool active(std::string_view channel) const { return active_.contains(channel); }
    bool none_active() const noexcept { return active_.empty(); }
    /// What is wanted and not active; at most so many.
    Names unmet(std::size_t names_max) const;
    /// What is active and not wanted. They count as inactive from now on, before the server knows: whoever wants one of
    /// them again has to wait for a new LISTEN.
    Names take_unwanted(std::size_t names_max);
    void now_active(const Names& names) { active_.insert(names.begin(), names.end()); }

    /// The connection is lost: what was active and is wanted has missed something.
    void lose();
    /// True when something was missed on a channel that is wanted still; then that is told.
    bool take_missed() noexcept;

private:
    std::map<std::string, WishPtr, std::less<>> wishes_;
    std::set<std::string, std::less<>> active_;
    std::set<std::string, std::less<>> missed_;
};

/// "LISTEN "a";LISTEN "b";": one message, which is done as a whole or not at all.
std::string text_of(std::string_view verb, const Channels::Names& names);

} // namespace trunkline::db::postgres
