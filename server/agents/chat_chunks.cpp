// SPDX-License-Identifier: MIT
#include <agents/chat_chunks.hpp>

#include <agents/utf8_joiner.hpp>
#include <base/json.hpp>
#include <base/utf8.hpp>

#include <boost/json/parse.hpp>

namespace trunkline::agents {

namespace {

constexpr std::size_t error_chars_max = 300;

std::optional<unsigned> hex4(std::string_view text)
{
    if (text.size() < 4) return std::nullopt;
    unsigned value = 0;
    for (const char c : text.substr(0, 4)) {
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (digit < 0) return std::nullopt;
        value = value * 16 + static_cast<unsigned>(digit);
    }
    return value;
}

/// The text with each half of a surrogate pair that stands alone ("\ud83d" without its partner) replaced by �:
/// servers that cut a character between two pieces send such halves, and they are no JSON to a strict reader.
std::string without_lone_surrogates(std::string_view data)
{
    std::string mended;
    for (std::size_t at = 0; at < data.size();) {
        if (data[at] != '\\') {
            mended += data[at++];
            continue;
        }
        const auto unit = at + 1 < data.size() && data[at + 1] == 'u' ? hex4(data.substr(at + 2)) : std::nullopt;
        const bool leading = unit && *unit >= 0xD800 && *unit <= 0xDBFF;
        const auto next = leading && data.substr(at + 6).starts_with("\\u") ? hex4(data.substr(at + 8)) : std::nullopt;
        const bool pair = next && *next >= 0xDC00 && *next <= 0xDFFF;
        const bool alone = unit && *unit >= 0xD800 && *unit <= 0xDFFF && !pair;
        const std::size_t length = pair ? 12 : unit ? 6 : 2;
        mended += alone ? std::string_view("\\ufffd") : data.substr(at, length);
        at += length;
    }
    return mended;
}

std::optional<json::object> parse_object(std::string_view data)
{
    json::parse_options options;
    options.allow_invalid_utf8 = true;
    boost::system::error_code failure;
    json::value parsed = json::parse(data, failure, {}, options);
    if (failure) parsed = json::parse(without_lone_surrogates(data), failure, {}, options);
    if (failure || !parsed.is_object()) return std::nullopt;
    return std::move(parsed.as_object());
}

const json::object* object_at(const json::object& from, std::string_view key)
{
    const json::value* found = from.if_contains(key);
    return found ? found->if_object() : nullptr;
}

std::string text_at(const json::object& from, std::string_view key)
{
    const json::value* found = from.if_contains(key);
    if (!found || !found->is_string()) return {};
    return std::string(found->as_string());
}

/// One line of characters that a page can show.
std::string readable(std::string text)
{
    Utf8Joiner joiner;
    text = joiner.push(text) + joiner.finish();
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return std::string(first_characters(trimmed(text), error_chars_max));
}

/// {"error": {"message": …}}, {"error": "…"}, {"message": …}, {"detail": …}.
std::string error_text(const json::object& from)
{
    const json::object* inner = object_at(from, "error");
    std::string text = inner ? text_at(*inner, "message") : text_at(from, "error");
    if (text.empty()) text = text_at(from, "message");
    if (text.empty()) text = text_at(from, "detail");
    return readable(std::move(text));
}

bool says_error(const json::object& from)
{
    const json::value* error = from.if_contains("error");
    return (error && !error->is_null()) || text_at(from, "object") == "error";
}

/// The first choice's text; `holder` is "delta" or "message".
void read_choice(const json::object& from, std::string_view holder, ChatChunk& into)
{
    const json::value* choices = from.if_contains("choices");
    if (!choices || !choices->is_array() || choices->as_array().empty()) return; // the piece with the usage has none
    const json::object* choice = choices->as_array().front().if_object();
    if (!choice) return;
    if (const json::object* said = object_at(*choice, holder)) into.text = text_at(*said, "content");
    into.cut = text_at(*choice, "finish_reason") == "length";
}

ChatChunk read(std::string_view data, std::string_view holder)
{
    ChatChunk chunk;
    const auto document = parse_object(data);
    if (!document) {
        chunk.error = "it sent something that is not JSON";
    } else if (says_error(*document)) {
        const std::string text = error_text(*document);
        chunk.error = text.empty() ? "it reported an error" : text;
    } else {
        read_choice(*document, holder, chunk);
    }
    return chunk;
}

} // namespace

ChatChunk read_chunk(std::string_view data)
{
    if (trimmed(data) != "[DONE]") return read(data, "delta");
    ChatChunk end;
    end.done = true;
    return end;
}

ChatChunk read_completion(std::string_view body) { return read(body, "message"); }

std::string read_error(std::string_view body)
{
    const auto document = parse_object(body);
    return document ? error_text(*document) : std::string();
}

} // namespace trunkline::agents
