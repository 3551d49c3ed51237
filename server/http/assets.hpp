// SPDX-License-Identifier: MIT
#pragma once

#include <http/request.hpp>
#include <http/route.hpp>

#include <filesystem>
#include <span>

namespace trunkline::http {

/// One file of the web client, as the build put it into the program.
struct Asset {
    std::string_view path;         ///< "/index.html", "/assets/app-3f2a9c.js"
    std::string_view content_type; ///< "text/html; charset=utf-8"
    std::string_view identity;     ///< the bytes
    std::string_view gzip;         ///< empty when it would not be smaller
    std::string_view brotli;       ///< empty when it would not be smaller
    std::string_view etag;         ///< with its quotes: "\"3f2a9c\""
};
using AssetTable = std::span<const Asset>;

/// Serves the web client's files: from the program, or from a folder while developing.
///
/// Files under /assets/ have a hash in their name and may be kept forever; everything else is asked for again and
/// answered with 304 when it is the same. A path without an extension that is no file is a page of the client:
/// index.html.
///
/// Threads: any; nothing changes after construction.
class Assets {
public:
    Assets() = default;
    /// `table` has to outlive it.
    explicit Assets(AssetTable table);
    /// Reads from the folder at every request. Throws std::filesystem::filesystem_error when there is none.
    explicit Assets(const std::filesystem::path& folder);

    /// The file for a GET, 304, or nothing when there is no such file.
    std::optional<Response> find(const Target& target, const RequestHead& head) const;

private:
    struct Loaded;
    std::optional<Asset> embedded(const std::string& path) const;
    std::optional<Loaded> from_folder(const Target& target) const;

    AssetTable table_;
    std::filesystem::path folder_;
};

/// The content type that a file's extension stands for.
std::string_view content_type_of(std::string_view path) noexcept;

/// Which of the encodings "br", "gzip" and "" (as it is) an Accept-Encoding header likes best among those offered.
std::string_view choose_encoding(std::string_view accept_encoding, bool brotli, bool gzip);

} // namespace trunkline::http
