// SPDX-License-Identifier: MIT
#pragma once

#include <crm/case_types.hpp>
#include <crm/cases.hpp>
#include <events/hub.hpp>
#include <http/route.hpp>
#include <trunkline/db/pool.hpp>

namespace trunkline::crm {

struct CasePath {
    Uuid id;
};
BOOST_DESCRIBE_STRUCT(CasePath, (), (id))

/// The paths of cases and of the types they have. For staff and administrators, each within his tenant.
class CaseRoutes {
public:
    CaseRoutes(db::Pool& pool, Clock& clock, events::Hub& hub) : pool_(pool), clock_(clock), hub_(hub) {}

    std::vector<http::Route> table();

private:
    template <class T>
    using Answer = asio::awaitable<Outcome<T>>;
    using Call = http::Call;

    Answer<http::Page<CaseType>> types(Call& call);
    Answer<http::Created<CaseType>> create_type(Call& call, http::Body<NewCaseType> input);
    Answer<CaseType> change_type(Call& call, http::Path<CasePath> path, http::Body<CaseTypePatch> patch);
    Answer<http::Page<Case>> list(Call& call, http::Params<CaseFilter> filter);
    Answer<http::Created<Case>> create(Call& call, http::Body<NewCase> input);
    Answer<Case> get(Call& call, http::Path<CasePath> path);
    Answer<Case> change(Call& call, http::Path<CasePath> path, http::Body<CasePatch> patch);

    Answer<http::Created<CaseType>> create_type_in(db::Executor& db, Editor editor, NewCaseType input);
    Answer<http::Created<Case>> create_in(db::Executor& db, Editor editor, NewCase input);

    db::Pool& pool_;
    Clock& clock_;
    events::Hub& hub_;
};

} // namespace trunkline::crm
