// SPDX-License-Identifier: MIT
#include <mirror/mirror_config.hpp>

#include <base/crypto.hpp>
#include <base/utf8.hpp>

namespace trunkline::mirror {

namespace {

constexpr std::size_t name_characters_max = 64; // of a table, a database or a lock

std::string listed(const std::vector<std::string>& names)
{
    std::string list;
    for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
    return list;
}

} // namespace

std::optional<std::string> MirrorConfig::problem() const
{
    if (!enabled) return std::nullopt;
    std::vector<std::string> missing;
    if (host.empty() && socket.empty()) missing.push_back("CRM_MYSQL_HOST");
    if (user.empty()) missing.push_back("CRM_MYSQL_USER");
    if (password.empty()) missing.push_back("CRM_MYSQL_PASSWORD");
    if (database.empty()) missing.push_back("CRM_MYSQL_DATABASE");
    if (table.empty()) missing.push_back("CRM_MYSQL_TABLE");
    if (!missing.empty())
        return "CRM_MYSQL_ENABLED is on, but not set: " + listed(missing) + ". The mirror stays off; set " +
               (missing.size() == 1 ? "it" : "them") + " and restart";
    if (count_characters(table) > name_characters_max || table.find('\0') != std::string::npos)
        return "CRM_MYSQL_TABLE is no name of a table: MySQL allows 64 characters. The mirror stays off";
    return std::nullopt;
}

std::string MirrorConfig::address() const { return socket.empty() ? host + ":" + std::to_string(port) : socket; }

std::string MirrorConfig::lock_name() const
{
    const std::string name = database + ":" + table;
    const std::string lock = "trunkline:" + name;
    return count_characters(lock) <= name_characters_max ? lock : "trunkline:" + sha256_hex(name).substr(0, 40);
}

} // namespace trunkline::mirror
