// SPDX-License-Identifier: MIT
#pragma once

#include <base/json.hpp>
#include <base/utf8.hpp>

namespace trunkline::crm {

/// Text that somebody typed: without white space at both ends, and something is left; at most `max` characters.
template <std::size_t max>
class Typed {
public:
    Typed() = default;
    /// REQUIRES: `value` keeps the rules.
    explicit Typed(std::string value) : value_(std::move(value)) {}

    const std::string& value() const noexcept { return value_; }

private:
    std::string value_;
};

/// A telephone number as it was typed: digits, 3 to 15, perhaps with a + in front. What people put between them
/// (spaces, hyphens, dots, brackets, slashes) is left out, so "(977) 625-2661" is "9776252661". Its country and whether
/// it is complete are the service's matter: see phone_parser.hpp.
class Phone {
public:
    Phone() = default;
    /// The digits, or nothing when `text` has the shape of none.
    static std::optional<Phone> parse(std::string_view text);

    const std::string& value() const noexcept { return value_; }

private:
    std::string value_;
};

/// A field of a form that may stay empty: absent, null and "" (or white space) mean that there is no value. In a patch,
/// absent leaves things as they are and the other two empty them.
template <class T>
class Blankable {
public:
    Blankable() = default;
    Blankable(std::nullopt_t) : given_(true) {}
    Blankable(T value) : value_(std::move(value)), given_(true) {}

    bool given() const noexcept { return given_; }
    /// The text, or nothing.
    std::optional<std::string> text() const
    {
        if (!value_) return std::nullopt;
        return value_->value();
    }

private:
    std::optional<T> value_;
    bool given_ = false;
};

} // namespace trunkline::crm

// -- Implementation ----------------------------------------------------------

namespace trunkline {

namespace detail {
template <class T>
inline constexpr bool may_be_absent<crm::Blankable<T>> = true;
} // namespace detail

template <std::size_t max>
struct JsonCodec<crm::Typed<max>> {
    static bool read(const json::value& from, crm::Typed<max>& to, JsonProblems& problems)
    {
        std::string text;
        if (!detail::read_text(from, text, 1, max, problems)) return false;
        const std::string_view kept = trimmed(text);
        if (kept.empty()) return problems.add("must not be blank"), false;
        to = crm::Typed<max>(std::string(kept));
        return true;
    }
    static json::value schema(JsonSchemas&) { return detail::text_schema(1, max); }
};

template <>
struct JsonCodec<crm::Phone> {
    static bool read(const json::value& from, crm::Phone& to, JsonProblems& problems);
    static json::value schema(JsonSchemas&);
};

template <class T>
struct JsonCodec<crm::Blankable<T>> {
    static bool read(const json::value& from, crm::Blankable<T>& to, JsonProblems& problems)
    {
        if (from.is_null() || (from.is_string() && trimmed(from.get_string()).empty())) {
            to = crm::Blankable<T>(std::nullopt);
            return true;
        }
        T value{};
        if (!JsonCodec<T>::read(from, value, problems)) return false;
        to = crm::Blankable<T>(std::move(value));
        return true;
    }
    static json::value schema(JsonSchemas& schemas)
    {
        return json::object{{"anyOf", json::array{JsonCodec<T>::schema(schemas), json::object{{"type", "null"}},
                                                  json::object{{"type", "string"}, {"maxLength", 0}}}}};
    }
};

} // namespace trunkline
