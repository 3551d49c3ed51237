// SPDX-License-Identifier: MIT
#include <support/mysql_bench.hpp>

#include <trunkline/db/error.hpp>

#include <boost/describe/class.hpp>

#include <cmath>
#include <cstring>
#include <random>

namespace trunkline::db::testing {
namespace {

class MysqlTypes : public MysqlBench {
protected:
    std::string said(const std::string& text) { return value<std::string>(*connection_, text); }

    std::unique_ptr<DriverConnection> connection_ = connect();
};

struct Row {
    std::int64_t id{};
    std::optional<bool> flag;
    std::optional<std::int16_t> small;
    std::optional<std::int32_t> middle;
    std::optional<std::int64_t> large;
    std::optional<double> real_;
    std::optional<std::string> words;
    std::optional<Bytes> raw;
    std::optional<Uuid> uuid_;
    std::optional<Time> moment;
    std::optional<Date> day;
    std::optional<Json> document;
    friend bool operator==(const Row&, const Row&) = default;
};
BOOST_DESCRIBE_STRUCT(Row, (), (id, flag, small, middle, large, real_, words, raw, uuid_, moment, day, document))

constexpr const char* table =
    "CREATE TABLE p (id BIGINT PRIMARY KEY, flag BOOLEAN, small SMALLINT, middle INT, large BIGINT, "
    "real_ DOUBLE, words LONGTEXT CHARACTER SET utf8mb4, raw LONGBLOB, uuid_ BINARY(16), "
    "moment DATETIME(6), day DATE, document JSON)";
constexpr const char* insert = "INSERT INTO p VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}

    Row row(std::int64_t id)
    {
        Row row;
        row.id = id;
        row.flag = maybe<bool>([&] { return below(2) == 1; });
        row.small = maybe<std::int16_t>([&] { return integer<std::int16_t>(); });
        row.middle = maybe<std::int32_t>([&] { return integer<std::int32_t>(); });
        row.large = maybe<std::int64_t>([&] { return integer<std::int64_t>(); });
        row.real_ = maybe<double>([&] { return real(); });
        row.words = maybe<std::string>([&] { return words(); });
        row.raw = maybe<Bytes>([&] { return Bytes::from(bytes()); });
        row.uuid_ = maybe<Uuid>([&] { return new_uuid(); });
        row.moment = maybe<Time>([&] { return moment(); });
        row.day = maybe<Date>([&] { return std::chrono::floor<std::chrono::days>(moment()); });
        row.document =
            maybe<Json>([&] { return Json(R"({"n": )" + std::to_string(below(1000)) + R"(, "s": "Ä'\\\""})"); });
        return row;
    }

    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

private:
    template <class T, class Make>
    std::optional<T> maybe(Make make)
    {
        if (below(6) == 0) return std::nullopt;
        return make();
    }
    template <class T>
    T integer()
    {
        switch (below(5)) {
        case 0: return std::numeric_limits<T>::min();
        case 1: return std::numeric_limits<T>::max();
        case 2: return static_cast<T>(below(3) - 1);
        default: return static_cast<T>(engine_());
        }
    }
    double real()
    {
        for (;;) {
            const std::uint64_t bits = engine_();
            double made;
            std::memcpy(&made, &bits, sizeof made);
            if (std::isnormal(made)) return made;
            if (below(3) == 0) return 0.1 * static_cast<double>(below(100));
        }
    }
    std::string words()
    {
        static const std::vector<std::string> pieces{"a",  "'", "\"", "\\", "\n", "%",  "ß", "世",
                                                     "😀", "`", "$1", "?",  ";",  "--", "#", " "};
        std::string made;
        const auto length = below(20) == 0 ? 5'000 : below(12);
        for (std::uint64_t k = 0; k < length; ++k) made += pieces[below(pieces.size())];
        return made;
    }
    std::string bytes()
    {
        std::string made(below(20) == 0 ? 70'000 : below(20), '\0');
        for (char& byte : made) byte = static_cast<char>(engine_());
        return made;
    }
    Time moment()
    {
        constexpr std::int64_t first = -62'135'596'800'000'000, last = 253'402'300'799'999'999;
        switch (below(6)) {
        case 0: return Time(std::chrono::microseconds(first));
        case 1: return Time(std::chrono::microseconds(last));
        case 2: return Time(std::chrono::seconds(static_cast<std::int64_t>(below(2'000'000'000)) - 1'000'000'000));
        default:
            return Time(std::chrono::microseconds(
                first + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(last - first)))));
        }
    }

    std::mt19937_64 engine_;
};

std::string hex(std::string_view bytes)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string made;
    for (const char byte : bytes) {
        made += digits[static_cast<unsigned char>(byte) >> 4];
        made += digits[static_cast<unsigned char>(byte) & 15];
    }
    return made;
}

std::string padded(std::uint64_t number, int width)
{
    std::string made = std::to_string(number);
    return std::string(static_cast<std::size_t>(std::max(0, width - static_cast<int>(made.size()))), '0') + made;
}

/// As MySQL writes it.
std::string written(Date day)
{
    const std::chrono::year_month_day date(day);
    return padded(static_cast<std::uint64_t>(int{date.year()}), 4) + "-" + padded(unsigned{date.month()}, 2) + "-" +
           padded(unsigned{date.day()}, 2);
}
std::string written(Time moment)
{
    const Date day = std::chrono::floor<std::chrono::days>(moment);
    const auto rest = static_cast<std::uint64_t>((moment - day).count());
    return written(day) + " " + padded(rest / 3'600'000'000, 2) + ":" + padded(rest / 60'000'000 % 60, 2) + ":" +
           padded(rest / 1'000'000 % 60, 2) + "." + padded(rest % 1'000'000, 6);
}

// Every value comes back as it was sent, and the server's own words for it are ours.
TEST_F(MysqlTypes, random_values_of_every_type_are_the_same_to_the_server_and_come_back_the_same)
{
    run(*connection_, table);
    Random random(20261128);
    std::vector<Row> sent;
    for (std::int64_t id = 0; id < 240; ++id) sent.push_back(random.row(id));
    std::vector<Statement> in_bulk;
    for (const Row& row : sent) {
        const Statement made = statement(insert, row.id, row.flag, row.small, row.middle, row.large, row.real_,
                                         row.words, row.raw, row.uuid_, row.moment, row.day, row.document);
        if (row.id % 8 != 1) in_bulk.push_back(made);
        else await(connection_->run(Query(made), in(20s)));
    }
    run_unit(*connection_, std::move(in_bulk));

    const Result found = run(*connection_, "SELECT * FROM p ORDER BY id");
    const Result told =
        run(*connection_, "SELECT CAST(flag AS CHAR), CAST(small AS CHAR), CAST(middle AS CHAR), CAST(large AS CHAR), "
                          "CAST(real_ AS CHAR), HEX(words), HEX(raw), HEX(uuid_), CAST(moment AS CHAR), "
                          "CAST(day AS CHAR), HEX(document) FROM p ORDER BY id");
    ASSERT_EQ(found.size(), sent.size());
    for (std::size_t at = 0; at < sent.size(); ++at) {
        const Row& row = sent[at];
        const Row back = found.as<Row>(at);
        EXPECT_EQ(back.real_, row.real_) << at;
        EXPECT_EQ(back.words, row.words) << at;
        EXPECT_EQ(back.raw, row.raw) << at;
        EXPECT_EQ(back.moment, row.moment) << at;
        EXPECT_EQ(back.day, row.day) << at;
        EXPECT_EQ(back.document.value_or(Json()).text(), row.document.value_or(Json()).text()) << at;
        ASSERT_EQ(back, row) << at;
        const auto words = [&](std::size_t column) { return told[at].get<std::optional<std::string>>(column); };
        if (row.flag) EXPECT_EQ(words(0), *row.flag ? "1" : "0");
        if (row.small) EXPECT_EQ(words(1), std::to_string(*row.small));
        if (row.middle) EXPECT_EQ(words(2), std::to_string(*row.middle));
        if (row.large) EXPECT_EQ(words(3), std::to_string(*row.large));
        if (row.real_) EXPECT_EQ(std::strtod(words(4)->c_str(), nullptr), *row.real_);
        if (row.words) EXPECT_EQ(words(5), hex(*row.words));
        if (row.raw) EXPECT_EQ(words(6), hex(row.raw->view()));
        if (row.uuid_) EXPECT_EQ(words(7), hex({reinterpret_cast<const char*>(row.uuid_->bytes().data()), 16}));
        if (row.moment) EXPECT_EQ(words(8), written(*row.moment));
        if (row.day) EXPECT_EQ(words(9), written(*row.day));
        if (row.document)
            EXPECT_EQ(words(10), hex(row.document->text()))
                << row.document->text() << " came as " << back.document->text();
    }
    options_.raw_sql = true;
    driver_.reset();
    const auto plain = connect();
    const Result as_text = run(*plain, "SELECT * FROM p ORDER BY id");
    for (std::size_t at = 0; at < sent.size(); ++at) ASSERT_EQ(as_text.as<Row>(at), sent[at]) << "as text, " << at;
}

TEST_F(MysqlTypes, integers_of_every_width_and_sign_are_read_whole)
{
    run(*connection_,
        "CREATE TABLE w (a TINYINT, b TINYINT UNSIGNED, c SMALLINT UNSIGNED, d MEDIUMINT, e MEDIUMINT UNSIGNED, "
        "f INT UNSIGNED, g BIGINT UNSIGNED, h YEAR, i BIT(20), j BIT(1), k TINYINT(1), l INT(6) UNSIGNED ZEROFILL)");
    run(*connection_,
        "INSERT INTO w VALUES (-128, 255, 65535, -8388608, 16777215, 4294967295, 9223372036854775807, 2155, "
        "b'10000000000000000001', b'1', 5, 42)");
    const Result found = run(*connection_, "SELECT * FROM w");
    const std::vector<std::int64_t> expected{-128, 255,    65535, -8388608, 16777215, 4294967295, 9223372036854775807,
                                             2155, 524289, 1,     5,        42};
    for (std::size_t column = 0; column < expected.size(); ++column)
        EXPECT_EQ(found[0].get<std::int64_t>(column), expected[column]) << column;
    EXPECT_TRUE(found[0].get<bool>("j"));
    EXPECT_THROW(found[0].get<bool>("k"), DecodeError) << "a 5 is no boolean";
}

TEST_F(MysqlTypes, what_has_no_place_in_cpp_is_an_error_that_names_the_column)
{
    run(*connection_, "CREATE TABLE w (id INT PRIMARY KEY, beyond BIGINT UNSIGNED, zero DATE, nought DATETIME(6))");
    server().sql("INSERT INTO bench.w VALUES (1, 18446744073709551615, NULL, NULL), (2, NULL, '0000-00-00', NULL), "
                 "(3, NULL, NULL, '2024-00-00 00:00:00')");
    for (const auto& [id, column] : {std::pair{1, "beyond"}, {2, "zero"}, {3, "nought"}}) {
        const auto failed = failure<DecodeError>([&] { run(*connection_, "SELECT * FROM w WHERE id = $1", id); });
        EXPECT_NE(std::string_view(failed.what()).find(column), std::string_view::npos) << failed.what();
        EXPECT_EQ(failed.outcome(), Outcome::applied);
        EXPECT_EQ(connection_->condition(), Condition::idle);
    }
    EXPECT_EQ(run(*connection_, "SELECT id FROM w").size(), 3u) << "and the connection goes on";
}

TEST_F(MysqlTypes, exact_numbers_clocks_and_enums_are_text)
{
    run(*connection_,
        "CREATE TABLE w (a DECIMAL(30, 10), b TIME(6), c TIME, d ENUM('calm', 'in_a_hurry'), e SET('x', 'y'))");
    run(*connection_, "INSERT INTO w VALUES ($1, '-838:59:58.999999', '12:34:56', $2, 'x,y')",
        "12345678901234567890.0123456789", "calm");
    const Result found = run(*connection_, "SELECT * FROM w");
    EXPECT_EQ(found[0].get<std::string>("a"), "12345678901234567890.0123456789");
    EXPECT_EQ(found[0].get<std::string>("b"), "-838:59:58.999999");
    EXPECT_EQ(found[0].get<std::string>("c"), "12:34:56");
    EXPECT_EQ(found[0].get<std::string>("d"), "calm");
    EXPECT_EQ(found[0].get<std::string>("e"), "x,y");
}

TEST_F(MysqlTypes, a_timestamp_and_a_float_and_json_are_told_apart_by_their_columns)
{
    run(*connection_, "CREATE TABLE w (a TIMESTAMP(3) NULL, b FLOAT, c JSON, d VARBINARY(20), e CHAR(36))");
    const Uuid id = new_uuid();
    run(*connection_, "INSERT INTO w VALUES ($1, $2, $3, $4, $5)",
        Time(std::chrono::microseconds(1'795'253'400'123'000)), 0.1f, Json(R"({"a": 1})"), id, to_string(id));
    const Result found = run(*connection_, "SELECT * FROM w");
    EXPECT_EQ(found[0].get<Time>("a"), Time(std::chrono::microseconds(1'795'253'400'123'000)));
    EXPECT_EQ(found[0].get<float>("b"), 0.1f);
    EXPECT_EQ(found[0][2].type(), Type::json);
    EXPECT_EQ(found[0].get<Json>("c").text(), R"({"a": 1})");
    EXPECT_EQ(found[0].get<Uuid>("d"), id) << "16 bytes";
    EXPECT_EQ(found[0].get<Uuid>("e"), id) << "or 36 characters";
}

TEST_F(MysqlTypes, a_parameter_that_mysql_cannot_hold_is_refused_by_its_number)
{
    const auto refused = [&](auto given) {
        const auto failed = failure([&] { run(*connection_, "SELECT $1, $2", 1, given); });
        EXPECT_EQ(failed.outcome(), Outcome::not_sent);
        EXPECT_NE(std::string_view(failed.what()).find("$2 is"), std::string_view::npos) << failed.what();
        return failed.sqlstate();
    };
    EXPECT_EQ(refused(std::numeric_limits<double>::infinity()), "22003");
    EXPECT_EQ(refused(std::numeric_limits<double>::quiet_NaN()), "22003");
    EXPECT_EQ(refused(Time(std::chrono::microseconds::max())), "22008");
    EXPECT_EQ(refused(Time(std::chrono::seconds(-62'135'596'801))), "22008") << "the year before 1";
    EXPECT_EQ(refused(Date(std::chrono::year(10'000) / 1 / 1)), "22008");
}

TEST_F(MysqlTypes, a_value_that_does_not_fit_its_column_is_an_error_that_keeps_the_value)
{
    run(*connection_, "CREATE TABLE w (a TINYINT, b VARCHAR(3), c DATE)");
    const auto state = [&](const std::string& text, auto given) {
        const auto failed = failure([&] { run(*connection_, text, given); });
        EXPECT_EQ(std::string_view(failed.what()).find("s3cret"), std::string_view::npos) << failed.what();
        return failed.sqlstate();
    };
    EXPECT_EQ(state("INSERT INTO w (a) VALUES ($1)", 4711), "22003");
    EXPECT_EQ(state("INSERT INTO w (b) VALUES ($1)", "s3cret"), "22001");
    EXPECT_EQ(state("INSERT INTO w (a) VALUES ($1)", "s3cret"), "22P02");
    EXPECT_EQ(state("INSERT INTO w (c) VALUES ($1)", "s3cret"), "22007");
    EXPECT_EQ(value<std::int64_t>(*connection_, "SELECT count(*) FROM w"), 0);
}

} // namespace
} // namespace trunkline::db::testing
