// SPDX-License-Identifier: MIT
#include <base/rfc3339.hpp>

namespace trunkline {

namespace {

/// Reads a fixed form from left to right; once something does not fit, `good` stays false.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    int digits(int count)
    {
        int number = 0;
        while (count-- > 0) {
            if (text_.empty() || text_.front() < '0' || text_.front() > '9') return good = false, 0;
            number = number * 10 + (text_.front() - '0');
            text_.remove_prefix(1);
        }
        return number;
    }
    void expect(std::string_view one_of)
    {
        if (text_.empty() || one_of.find(text_.front()) == std::string_view::npos) good = false;
        else text_.remove_prefix(1);
    }
    bool accept(char c)
    {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    std::int64_t fraction()
    {
        std::int64_t micros = 0, unit = 100'000;
        bool any = false;
        for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; text_.remove_prefix(1), any = true) {
            micros += (text_.front() - '0') * unit;
            unit /= 10;
        }
        if (!any) good = false;
        return micros;
    }
    bool at_end() const { return text_.empty(); }

    bool good = true;

private:
    std::string_view text_;
};

} // namespace

std::optional<db::Time> parse_rfc3339(std::string_view text) noexcept
{
    using namespace std::chrono;
    Reader reader(text);
    const int y = reader.digits(4);
    reader.expect("-");
    const int m = reader.digits(2);
    reader.expect("-");
    const int d = reader.digits(2);
    reader.expect("Tt ");
    const int hour = reader.digits(2);
    reader.expect(":");
    const int minute = reader.digits(2);
    reader.expect(":");
    const int second = reader.digits(2);
    const std::int64_t micros = reader.accept('.') ? reader.fraction() : 0;
    minutes offset{0};
    if (!reader.accept('Z') && !reader.accept('z')) {
        const bool west = reader.accept('-');
        if (!west) reader.expect("+");
        const int offset_hours = reader.digits(2);
        reader.expect(":");
        const int offset_minutes = reader.digits(2);
        if (offset_hours > 23 || offset_minutes > 59) return std::nullopt;
        offset = hours(offset_hours) + minutes(offset_minutes);
        if (west) offset = -offset;
    }
    const year_month_day date{year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d))};
    if (!reader.good || !reader.at_end() || !date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return sys_days(date) + hours(hour) + minutes(minute) + seconds(second) + microseconds(micros) - offset;
}

} // namespace trunkline
