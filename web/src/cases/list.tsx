// SPDX-License-Identifier: MIT
// All cases, by status; a case moves on by choosing its next status.
import { crm } from '../api';
import { as_problem, words } from '../api/problem';
import type { Case, CaseStatus } from '../api/types';
import { Select } from '../kit/input';
import { Badge, Empty, ProblemNote, Skeleton } from '../kit/note';
import { Page } from '../kit/page';
import { use_pages } from '../kit/pages';
import { move_by_arrows } from '../kit/rows';
import { More, Table, type Column } from '../kit/table';
import { toast } from '../kit/toast';
import { When } from '../kit/when';
import { case_statuses, money, plain, priorities } from '../kit/words';
import { query, set_query } from '../shell/location';

const statuses = Object.entries(case_statuses).map(([code, { label }]) => [code, label] as const);
const status_filter = [['', 'Every status'], ...statuses] as const;
const priority_filter = [['', 'Every priority'], ...Object.keys(priorities).map((code) => [code, plain(code)] as const)] as const;

function columns(change: (one: Case, status: CaseStatus) => void): Column<Case>[] {
  return [
    {
      name: 'Client',
      cell: (one) => (
        <a href={`/clients/${one.client_id}`} data-row class="strong" dir="auto">
          {one.client_name}
        </a>
      ),
    },
    { name: 'Case', cell: (one) => one.case_type_name },
    {
      name: 'Status',
      cell: (one) => (
        <Select
          label={`Status of ${one.case_type_name} for ${one.client_name}`}
          value={one.status}
          options={statuses}
          change={(code) => change(one, code as CaseStatus)}
        />
      ),
    },
    { name: 'Priority', cell: (one) => <Badge tone={priorities[one.priority]}>{plain(one.priority)}</Badge> },
    { name: 'Price', number: true, cell: (one) => money(one.quoted_price) },
    { name: 'Opened', cell: (one) => <When at={one.created_at} /> },
  ];
}

export function CasesPage() {
  const status = query.value.get('status') ?? '';
  const priority = query.value.get('priority') ?? '';
  const cases = use_pages(`${status}|${priority}`, (after, signal) => crm.cases({ status, priority, after, limit: 50 }, signal));

  const put = (changed: Case) => cases.put((page) => ({ ...page, items: page.items.map((one) => (one.id === changed.id ? changed : one)) }));
  const change = async (one: Case, next: CaseStatus) => {
    put({ ...one, status: next });
    try {
      put(await crm.change_case(one.id, { status: next }));
      toast(`${one.client_name}: ${case_statuses[next].label}.`, { label: 'Undo', act: () => void change({ ...one, status: next }, one.status) });
    } catch (error) {
      put(one);
      toast(`Not changed. ${words(as_problem(error), null, navigator.onLine)}`);
    }
  };

  return (
    <Page title="Cases" lead="What you are doing for clients, from the first question to the end.">
      <div class="filters">
        <Select label="Status" value={status} options={status_filter} change={(code) => set_query({ status: code })} />
        <Select label="Priority" value={priority} options={priority_filter} change={(code) => set_query({ priority: code })} />
      </div>
      <ProblemNote of={cases} />
      {!cases.value && !cases.problem && <Skeleton lines={9} />}
      {cases.value && cases.items.length === 0 && (
        <Empty icon="cases" title={status || priority ? 'No case fits' : 'No cases yet'}>
          <p>
            A case opens by itself when a client asks for something whose words you listed under <a href="/case-types">Case types</a>, or by hand on a{' '}
            <a href="/clients">client</a>'s page.
          </p>
        </Empty>
      )}
      {cases.items.length > 0 && (
        <div class="card flush" onKeyDown={move_by_arrows}>
          <Table label="Cases" columns={columns((one, next) => void change(one, next))} items={cases.items} />
        </div>
      )}
      <More of={cases} />
    </Page>
  );
}
