// SPDX-License-Identifier: MIT
#include "postgres/channels.hpp"

namespace trunkline::db::postgres {

namespace {

std::string quoted(std::string_view name)
{
    std::string text = "\"";
    for (const char c : name) text.append(c == '"' ? 2 : 1, c);
    return text + '"';
}

} // namespace

WishPtr Channels::wish(const std::string& channel)
{
    WishPtr& wish = wishes_[channel];
    if (!wish) wish = std::make_shared<Wish>();
    return wish;
}

bool Channels::withdraw(std::string_view channel)
{
    const auto found = wishes_.find(channel);
    if (found == wishes_.end()) return false;
    found->second->withdrawn = true;
    wishes_.erase(found);
    if (const auto missed = missed_.find(channel); missed != missed_.end()) missed_.erase(missed);
    return true;
}

void Channels::refuse(const std::string& channel, ErrorInfo why)
{
    const auto found = wishes_.find(channel);
    if (found == wishes_.end()) return;
    found->second->refusal = std::move(why);
    wishes_.erase(found);
    missed_.erase(channel);
}

std::vector<WishPtr> Channels::wishes() const
{
    std::vector<WishPtr> all;
    for (const auto& [channel, wish] : wishes_) all.push_back(wish);
    return all;
}

Channels::Names Channels::unmet(std::size_t names_max) const
{
    Names names;
    for (const auto& [channel, wish] : wishes_) {
        if (names.size() == names_max) break;
        if (!active(channel)) names.push_back(channel);
    }
    return names;
}

Channels::Names Channels::take_unwanted(std::size_t names_max)
{
    Names names;
    for (const auto& channel : active_)
        if (!wanted(channel) && names.size() < names_max) names.push_back(channel);
    for (const auto& name : names) active_.erase(name);
    return names;
}

void Channels::lose()
{
    for (const auto& channel : active_)
        if (wanted(channel)) missed_.insert(channel);
    active_.clear();
}

bool Channels::take_missed() noexcept
{
    const bool any = !missed_.empty();
    missed_.clear();
    return any;
}

std::string text_of(std::string_view verb, const Channels::Names& names)
{
    std::string text;
    for (const auto& name : names) text += std::string(verb) + ' ' + quoted(name) + ';';
    return text;
}

} // namespace trunkline::db::postgres
