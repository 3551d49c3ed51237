// SPDX-License-Identifier: MIT
#include <http/hosts.hpp>

#include <base/utf8.hpp>

#include <boost/asio/ip/address.hpp>

#include <charconv>
#include <stdexcept>

namespace trunkline::http {

namespace asio = boost::asio;

namespace {

/// Sixteen bytes, IPv4 mapped into IPv6; nothing when `text` is no address.
std::optional<std::string> address_bytes(std::string_view text)
{
    boost::system::error_code failed;
    const auto address = asio::ip::make_address(text, failed);
    if (failed) return std::nullopt;
    const auto six =
        address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()) : address.to_v6();
    const auto bytes = six.to_bytes();
    return std::string(bytes.begin(), bytes.end());
}

bool same_bits(const std::string& a, const std::string& b, int bits)
{
    for (int bit = 0; bit < bits; ++bit) {
        const auto mask = static_cast<unsigned char>(0x80 >> (bit % 8));
        if ((a[static_cast<std::size_t>(bit / 8)] ^ b[static_cast<std::size_t>(bit / 8)]) & mask) return false;
    }
    return true;
}

bool names_address(std::string_view host, const RequestHead& head)
{
    const std::string port = ":" + std::to_string(head.local_port);
    const bool six = head.local_address.find(':') != std::string::npos;
    const std::string name = six ? "[" + head.local_address + "]" : head.local_address;
    return host == name + port || (head.local_port == 80 && host == name);
}

bool names_localhost(std::string_view host, const RequestHead& head)
{
    boost::system::error_code failed;
    const auto address = asio::ip::make_address(head.local_address, failed);
    if (failed || !address.is_loopback()) return false;
    RequestHead as = head;
    for (const std::string_view name : {"localhost", "127.0.0.1", "::1"}) {
        as.local_address = name;
        if (names_address(host, as)) return true;
    }
    return false;
}

} // namespace

std::optional<PublicUrl> PublicUrl::parse(std::string_view url)
{
    PublicUrl parsed;
    if (equal_ignoring_case(url.substr(0, 8), "https://")) parsed.https = true;
    else if (!equal_ignoring_case(url.substr(0, 7), "http://")) return std::nullopt;
    url.remove_prefix(parsed.https ? 8 : 7);
    if (url.ends_with('/')) url.remove_suffix(1);
    if (url.empty() || url.find_first_of("/?#@ ") != std::string_view::npos) return std::nullopt;
    parsed.host = ascii_lower(url);
    const std::string_view standard = parsed.https ? ":443" : ":80";
    if (parsed.host.ends_with(standard)) parsed.host.resize(parsed.host.size() - standard.size());
    return parsed;
}

bool host_is_ours(std::string_view host, const RequestHead& head, const std::optional<PublicUrl>& public_url)
{
    const std::string name = ascii_lower(host);
    if (names_address(name, head) || names_localhost(name, head)) return true;
    if (!public_url) return false;
    return name == public_url->host || name == public_url->host + (public_url->https ? ":443" : ":80");
}

TrustedProxies TrustedProxies::parse(std::string_view list)
{
    TrustedProxies proxies;
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view part = trimmed(list.substr(0, comma));
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
        if (part.empty()) continue;
        const std::size_t slash = part.find('/');
        const std::string_view address = part.substr(0, slash);
        const auto bytes = address_bytes(address);
        const int whole = address.find(':') == std::string_view::npos ? 32 : 128;
        int bits = whole;
        if (slash != std::string_view::npos) {
            const auto [end, failed] = std::from_chars(part.data() + slash + 1, part.data() + part.size(), bits);
            if (failed != std::errc{} || end != part.data() + part.size()) bits = -1;
        }
        if (!bytes || bits < 0 || bits > whole)
            throw std::invalid_argument("'" + std::string(part) + "' is no address and no range such as 10.0.0.0/8");
        proxies.ranges_.push_back({*bytes, bits + 128 - whole});
    }
    return proxies;
}

bool TrustedProxies::contain(std::string_view address) const
{
    const auto bytes = address_bytes(address);
    if (!bytes) return false;
    for (const Range& range : ranges_)
        if (same_bits(range.bytes, *bytes, range.bits)) return true;
    return false;
}

std::string TrustedProxies::client_of(std::string_view peer, std::string_view forwarded_for) const
{
    while (contain(peer) && !forwarded_for.empty()) {
        const std::size_t comma = forwarded_for.rfind(',');
        const std::string_view last =
            trimmed(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
        if (!address_bytes(last)) break;
        peer = last;
        forwarded_for = comma == std::string_view::npos ? std::string_view{} : forwarded_for.substr(0, comma);
    }
    return std::string(peer);
}

} // namespace trunkline::http
