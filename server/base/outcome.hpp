// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace trunkline {

/// The seven words every room uses for what it expectedly refuses. What is broken is an exception instead.
enum class Refused { invalid, unauthenticated, forbidden, not_found, conflict, limited, unavailable };

/// What is wrong with one field of the input.
struct FieldProblem {
    std::string pointer; ///< JSON pointer into the body ("/email"), or the name of a parameter
    std::string detail;  ///< what is wrong with it, and what would be right
};

/// Why a service did not do what it was asked.
struct Refusal {
    Refused why;
    std::string detail;               ///< one sentence for a person
    std::vector<FieldProblem> fields; ///< for `invalid`
    int retry_after_seconds = 0;      ///< for `limited` and `unavailable`; 0 is unknown
};

inline Refusal not_found(std::string what) { return {Refused::not_found, std::move(what) + " not found", {}, 0}; }
inline Refusal invalid(std::string pointer, std::string detail)
{
    return {Refused::invalid, "the input is not valid", {{std::move(pointer), std::move(detail)}}, 0};
}
inline Refusal conflict(std::string detail) { return {Refused::conflict, std::move(detail), {}, 0}; }
inline Refusal forbidden(std::string detail) { return {Refused::forbidden, std::move(detail), {}, 0}; }

/// A T, or why not.
template <class T>
class [[nodiscard]] Outcome {
public:
    Outcome(T value) : content_(std::move(value)) {}
    Outcome(Refusal refusal) : content_(std::move(refusal)) {}

    explicit operator bool() const noexcept { return std::holds_alternative<T>(content_); }
    T& operator*() & { return std::get<T>(content_); }
    const T& operator*() const& { return std::get<T>(content_); }
    T&& operator*() && { return std::get<T>(std::move(content_)); }
    T* operator->() { return &std::get<T>(content_); }
    const T* operator->() const { return &std::get<T>(content_); }
    const Refusal& refusal() const { return std::get<Refusal>(content_); }

private:
    std::variant<T, Refusal> content_;
};

/// An outcome without a value.
struct Done {};

} // namespace trunkline
