// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace trunkline::db::fuzz {

/// An input for which something does not hold that holds for every input.
class Broken : public std::exception {
public:
    Broken(std::string_view promise, std::string_view details)
        : text_(std::string(promise) + ": " + std::string(details))
    {}
    const char* what() const noexcept override { return text_.c_str(); }

private:
    std::string text_;
};

inline void expect(bool holds, std::string_view promise, std::string_view details = {})
{
    if (!holds) throw Broken(promise, details);
}

/// Takes an input apart from the front; what is not there reads as zero or nothing.
class Input {
public:
    explicit Input(std::string_view bytes) : bytes_(bytes) {}

    unsigned char byte()
    {
        if (bytes_.empty()) return 0;
        const auto first = static_cast<unsigned char>(bytes_.front());
        bytes_.remove_prefix(1);
        return first;
    }
    unsigned long long number()
    {
        unsigned long long number = 0;
        for (int i = 0; i < 8; ++i) number = number << 8 | byte();
        return number;
    }
    /// All before the next newline.
    std::string_view line()
    {
        const std::string_view line = bytes_.substr(0, bytes_.find('\n'));
        bytes_.remove_prefix(line.size() < bytes_.size() ? line.size() + 1 : line.size());
        return line;
    }
    std::string_view rest() const { return bytes_; }

private:
    std::string_view bytes_;
};

} // namespace trunkline::db::fuzz
