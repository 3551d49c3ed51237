// SPDX-License-Identifier: MIT
#pragma once

#include <base/clock.hpp>
#include <crm/editor.hpp>
#include <crm/money.hpp>
#include <crm/word_list.hpp>
#include <trunkline/db/executor.hpp>

namespace trunkline::crm {

/// A service that is offered; a case is one of these for one client. Never deleted, only no longer active.
struct CaseType {
    Uuid id;
    std::string code; ///< unique in the tenant, never changed
    std::string name;
    std::string category;
    std::optional<std::string> description;
    WordList keywords; ///< by which it is recognised in conversations
    std::optional<Money> base_price;
    bool active = true;
};
BOOST_DESCRIBE_STRUCT(CaseType, (), (id, code, name, category, description, keywords, base_price, active))

struct NewCaseType {
    Typed<50> code; ///< letters, digits, "_", "-", "."
    Typed<200> name;
    Typed<50> category;
    Blankable<Typed<2'000>> description;
    std::optional<WordList> keywords;
    std::optional<Money> base_price;
};
BOOST_DESCRIBE_STRUCT(NewCaseType, (), (code, name, category, description, keywords, base_price))

struct CaseTypePatch {
    Maybe<Typed<200>> name;
    Maybe<Typed<50>> category;
    Blankable<Typed<2'000>> description;
    Maybe<WordList> keywords;
    Maybe<Money> base_price;
    Maybe<bool> active;
};
BOOST_DESCRIBE_STRUCT(CaseTypePatch, (), (name, category, description, keywords, base_price, active))

/// In the order they were made; those that are no longer active too. At most 500.
asio::awaitable<std::vector<CaseType>> list_case_types(db::Executor& db, const Uuid& tenant);

/// Those that are offered, in the order of their codes.
asio::awaitable<std::vector<CaseType>> list_active_case_types(db::Executor& db, const Uuid& tenant);

asio::awaitable<std::optional<CaseType>> find_case_type(db::Executor& db, const Uuid& tenant, std::string code);

/// conflict when the code is taken.
asio::awaitable<Outcome<CaseType>> create_case_type(db::Executor& db, const Editor& editor, const NewCaseType& input,
                                                    Time now);

/// invalid when the patch gives nothing. Cases that have this type keep it, and their own price.
asio::awaitable<Outcome<CaseType>> change_case_type(db::Executor& db, const Editor& editor, const Uuid& id,
                                                    const CaseTypePatch& patch, Time now);

} // namespace trunkline::crm
