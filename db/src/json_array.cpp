// SPDX-License-Identifier: MIT
#include "json_array.hpp"

#include "date_text.hpp"

#include <trunkline/db/error.hpp>

#include <charconv>
#include <cmath>
#include <cstdio>

namespace trunkline::db::detail {

namespace {

// -- Writing -----------------------------------------------------------------------

struct JsonWriter {
    std::string& to;

    void operator()(std::monostate) const { to += "null"; }
    void operator()(bool value) const { to += value ? "true" : "false"; }
    void operator()(std::int64_t value) const { to += std::to_string(value); }
    void operator()(double value) const
    {
        if (std::isnan(value)) throw_error({.message = "JSON cannot hold NaN", .sqlstate = "22003"});
        if (std::isinf(value)) {
            to += value < 0 ? "-1e999" : "1e999";
            return;
        }
        char text[32];
        const std::string_view written(text, std::to_chars(text, text + sizeof text, value).ptr - text);
        to += written;
        if (written.find_first_of(".e") == written.npos) to += ".0";
    }
    void operator()(std::string_view value) const
    {
        to += '"';
        for (const char c : value) character(c);
        to += '"';
    }
    void operator()(const std::string& value) const { (*this)(std::string_view(value)); }
    void operator()(const Uuid& value) const { (*this)(to_string(value)); }
    void operator()(Time value) const { to += std::to_string(value.time_since_epoch().count()); }
    void operator()(Date value) const { (*this)(date_text(value)); }
    void operator()(const Bytes&) const { refuse(); }
    void operator()(const Array&) const { refuse(); }

private:
    [[noreturn]] static void refuse() { throw UsageError("an array holds scalars other than bytes"); }
    void character(char c) const
    {
        if (c == '"' || c == '\\') (to += '\\') += c;
        else if (static_cast<unsigned char>(c) >= 0x20) to += c;
        else {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
            to += escape;
        }
    }
};

// -- Reading -----------------------------------------------------------------------

/// Reads a JSON text from left to right. What does not fit is thrown and caught here.
class JsonReader {
public:
    struct Unfit {};

    explicit JsonReader(std::string_view text) : rest_(text) {}

    std::vector<Value> array()
    {
        std::vector<Value> elements;
        need('[');
        if (!take(']')) {
            do elements.push_back(scalar());
            while (take(','));
            need(']');
        }
        blanks();
        if (!rest_.empty()) throw Unfit();
        return elements;
    }

private:
    void blanks()
    {
        while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos)
            rest_.remove_prefix(1);
    }
    bool take(char wanted)
    {
        blanks();
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void need(char wanted)
    {
        if (!take(wanted)) throw Unfit();
    }
    bool word(std::string_view wanted)
    {
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(wanted.size());
        return true;
    }

    Value scalar()
    {
        blanks();
        if (rest_.starts_with('"')) return {Type::text, string()};
        if (word("null")) return {};
        if (word("true")) return {Type::boolean, true};
        if (word("false")) return {Type::boolean, false};
        return number();
    }

    Value number()
    {
        const auto text = rest_.substr(0, std::min(rest_.find_first_not_of("+-.0123456789eE"), rest_.size()));
        rest_.remove_prefix(text.size());
        const char* const end = text.data() + text.size();
        if (text.empty() || text.front() == '+') throw Unfit();
        if (text.find_first_of(".eE") == text.npos) {
            std::int64_t integer = 0;
            const auto read = std::from_chars(text.data(), end, integer);
            if (read.ec == std::errc{} && read.ptr == end) return {Type::int64, integer};
        }
        double real = 0;
        const auto read = std::from_chars(text.data(), end, real);
        if (read.ptr != end) throw Unfit();
        if (read.ec != std::errc{}) real = beyond(text);
        return {Type::float64, real};
    }

    /// A number that no double is near to is an infinity; what is nearer to zero than any other is not ours.
    static double beyond(std::string_view text)
    {
        const bool minus = text.front() == '-';
        if (text.find('-', 1) != text.npos || text[minus ? 1 : 0] == '0') throw Unfit();
        return minus ? -HUGE_VAL : HUGE_VAL;
    }

    std::string string()
    {
        std::string made;
        rest_.remove_prefix(1);
        for (;;) {
            const auto plain = rest_.substr(0, std::min(rest_.find_first_of("\"\\"), rest_.size()));
            made += plain;
            rest_.remove_prefix(plain.size());
            if (rest_.empty()) throw Unfit();
            if (word("\"")) return made;
            escape(made);
        }
    }

    void escape(std::string& to)
    {
        if (rest_.size() < 2) throw Unfit();
        const char c = rest_[1];
        rest_.remove_prefix(2);
        const auto at = std::string_view("\"\\/bfnrt").find(c);
        if (at != std::string_view::npos) to += "\"\\/\b\f\n\r\t"[at];
        else if (c == 'u') append_utf8(to, code_point());
        else throw Unfit();
    }

    unsigned hex4()
    {
        unsigned found = 0;
        if (rest_.size() < 4) throw Unfit();
        const auto read = std::from_chars(rest_.data(), rest_.data() + 4, found, 16);
        if (read.ec != std::errc{} || read.ptr != rest_.data() + 4) throw Unfit();
        rest_.remove_prefix(4);
        return found;
    }

    unsigned code_point()
    {
        const unsigned first = hex4();
        if (first < 0xd800 || first > 0xdfff) return first;
        if (first > 0xdbff || !word("\\u")) throw Unfit();
        const unsigned second = hex4();
        if (second < 0xdc00 || second > 0xdfff) throw Unfit();
        return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    }

    static void append_utf8(std::string& to, unsigned point)
    {
        const auto byte = [&to](unsigned bits) { to += static_cast<char>(bits); };
        if (point < 0x80) return byte(point);
        if (point < 0x800) byte(0xc0 | point >> 6);
        else if (point < 0x10000) byte(0xe0 | point >> 12), byte(0x80 | (point >> 6 & 0x3f));
        else byte(0xf0 | point >> 18), byte(0x80 | (point >> 12 & 0x3f)), byte(0x80 | (point >> 6 & 0x3f));
        byte(0x80 | (point & 0x3f));
    }

    std::string_view rest_;
};

} // namespace

std::string to_json(const Array& array)
{
    std::string text = "[";
    for (const Value& element : array.elements()) {
        if (text.size() > 1) text += ',';
        std::visit(JsonWriter{text}, element.content());
    }
    return text + ']';
}

std::optional<Array> read_json_array(std::string_view text)
{
    try {
        return Array(JsonReader(text).array());
    } catch (const JsonReader::Unfit&) {
        return std::nullopt;
    }
}

} // namespace trunkline::db::detail
