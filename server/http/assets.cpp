// SPDX-License-Identifier: MIT
#include <http/assets.hpp>

#include <base/crypto.hpp>
#include <base/utf8.hpp>

#include <charconv>
#include <fstream>
#include <iterator>

namespace trunkline::http {

struct Assets::Loaded {
    std::string path, bytes, etag;
};

namespace {

constexpr std::pair<std::string_view, std::string_view> content_types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
};

/// The q of "gzip;q=0.5": 1 when it is not said.
double weight_of(std::string_view parameters)
{
    const std::size_t q = parameters.find("q=");
    if (q == std::string_view::npos) return 1;
    double weight = 0;
    const std::string_view text = trimmed(parameters.substr(q + 2));
    std::from_chars(text.data(), text.data() + text.size(), weight);
    return weight;
}

struct EncodingWeights {
    std::optional<double> brotli, gzip, any;
};

EncodingWeights parse_accepted(std::string_view header)
{
    EncodingWeights accepted;
    while (!header.empty()) {
        const std::size_t comma = header.find(',');
        const std::string_view one = header.substr(0, comma);
        header = comma == std::string_view::npos ? std::string_view{} : header.substr(comma + 1);
        const std::size_t semicolon = one.find(';');
        const std::string_view name = trimmed(one.substr(0, semicolon));
        const double weight = semicolon == std::string_view::npos ? 1 : weight_of(one.substr(semicolon + 1));
        if (equal_ignoring_case(name, "br")) accepted.brotli = weight;
        else if (equal_ignoring_case(name, "gzip")) accepted.gzip = weight;
        else if (name == "*") accepted.any = weight;
    }
    return accepted;
}

/// True when If-None-Match names `etag`; weak marks do not matter here.
bool matches(std::string_view if_none_match, std::string_view etag)
{
    if (trimmed(if_none_match) == "*") return true;
    return if_none_match.find(etag) != std::string_view::npos;
}

bool is_page(const std::string& path) { return path.find('.', path.rfind('/')) == std::string::npos; }

Response answer(const Asset& asset, const RequestHead& head)
{
    Response response{200, std::string(asset.content_type), "", {}, {}};
    const bool forever = asset.path.starts_with("/assets/");
    response.headers.emplace_back("Cache-Control", forever ? "public, max-age=31536000, immutable" : "no-cache");
    response.headers.emplace_back("ETag", std::string(asset.etag));
    response.headers.emplace_back("Vary", "Accept-Encoding");
    if (matches(head.header("If-None-Match").value_or(""), asset.etag)) {
        response.status = 304;
        response.content_type.clear();
        return response;
    }
    const auto encoding =
        choose_encoding(head.header("Accept-Encoding").value_or(""), !asset.brotli.empty(), !asset.gzip.empty());
    if (!encoding.empty()) response.headers.emplace_back("Content-Encoding", std::string(encoding));
    response.body = encoding == "br" ? asset.brotli : encoding == "gzip" ? asset.gzip : asset.identity;
    return response;
}

} // namespace

std::string_view content_type_of(std::string_view path) noexcept
{
    for (const auto& [extension, type] : content_types)
        if (path.ends_with(extension)) return type;
    return "application/octet-stream";
}

std::string_view choose_encoding(std::string_view accept_encoding, bool brotli, bool gzip)
{
    const EncodingWeights accepted = parse_accepted(accept_encoding);
    const double best_brotli = brotli ? accepted.brotli.value_or(accepted.any.value_or(0)) : 0;
    const double best_gzip = gzip ? accepted.gzip.value_or(accepted.any.value_or(0)) : 0;
    if (best_brotli > 0 && best_brotli >= best_gzip) return "br";
    return best_gzip > 0 ? "gzip" : "";
}

Assets::Assets(AssetTable table) : table_(table) {}

Assets::Assets(const std::filesystem::path& folder) : folder_(std::filesystem::canonical(folder)) {}

std::optional<Asset> Assets::embedded(const std::string& path) const
{
    for (const Asset& asset : table_)
        if (asset.path == path) return asset;
    return std::nullopt;
}

/// No segment of the target leads out of the folder, and neither does a link in it.
std::optional<Assets::Loaded> Assets::from_folder(const Target& target) const
{
    std::filesystem::path file = folder_;
    for (const std::string& segment : target.segments) {
        if (segment.empty() || segment.front() == '.' || segment.find('/') != std::string::npos) return std::nullopt;
        file /= segment;
    }
    std::error_code failed;
    const auto real = std::filesystem::canonical(file, failed);
    if (failed || !std::filesystem::is_regular_file(real, failed)) return std::nullopt;
    if (std::mismatch(folder_.begin(), folder_.end(), real.begin(), real.end()).first != folder_.end())
        return std::nullopt;
    std::ifstream in(real, std::ios::binary);
    Loaded loaded{target.path(), {std::istreambuf_iterator<char>(in), {}}, ""};
    loaded.etag = "\"" + sha256_hex(loaded.bytes).substr(0, 16) + "\"";
    return loaded;
}

std::optional<Response> Assets::find(const Target& target, const RequestHead& head) const
{
    const std::string path = target.path();
    if (const auto asset = embedded(path)) return answer(*asset, head);
    if (!folder_.empty())
        if (const auto file = from_folder(target))
            return answer({file->path, content_type_of(file->path), file->bytes, {}, {}, file->etag}, head);
    if (path == "/index.html" || !is_page(path)) return std::nullopt;
    return find(Target{{"index.html"}, {}}, head);
}

} // namespace trunkline::http
