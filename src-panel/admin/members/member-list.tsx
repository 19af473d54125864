import { useState } from 'react';
import type { MemberSummary } from '../../../src-shared/panel/members.ts';
import { Link } from '../../frame/link.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Empty } from '../../parts/empty.tsx';
import { PageFrame } from '../../parts/page-frame.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { SelectField } from '../../parts/select-field.tsx';
import { useQuery } from '../../store/location-store.ts';
import { usePages } from '../../store/use-pages.ts';
import { loadMembers, type MemberStatus } from '../api/members-api.ts';
import { AddressText } from '../parts/address-text.tsx';
import { Moment } from '../parts/moment.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { MemberMarks } from './member-marks.tsx';

const statuses = [
  '',
  'connected',
  'active',
  'blocked',
  'no-mfa',
  'mfa-disabled',
  'reset-pending',
] as const satisfies readonly (MemberStatus | '')[];
const roles = ['', 'owner', 'administrator', 'member'] as const;

/** All members by name, page by page; search and filters are in the address. */
export function MemberList() {
  const { a } = useAdminWords();
  const [query, setQuery] = useQuery();
  const [total, setTotal] = useState<number | null>(null);
  const search = query.get('search') ?? '';
  const status = statuses.find((each) => each === query.get('status')) ?? '';
  const role = roles.find((each) => each === query.get('role')) ?? '';
  const pages = usePages(JSON.stringify([search, status, role]), async (cursor, signal) => {
    const answer = await loadMembers({ search, status, role }, cursor, signal);
    if (answer.ok) setTotal(answer.value.total);
    return answer;
  });
  return (
    <>
      <div className="filters">
        <SearchField
          label={a.members.search}
          value={search}
          onSearch={(text) => setQuery({ search: text })}
        />
        <SelectField
          label={a.members.status}
          value={status}
          options={statuses.map((each) => ({ value: each, name: a.members.statuses[each] }))}
          onChange={(next) => setQuery({ status: next })}
        />
        <SelectField
          label={a.members.role}
          value={role}
          options={roles.map((each) => ({
            value: each,
            name: each === '' ? a.members.allRoles : a.roles[each],
          }))}
          onChange={(next) => setQuery({ role: next })}
        />
        <p className="filters-count hint numeric">{total === null ? '' : a.members.total(total)}</p>
      </div>
      <PageFrame
        pages={pages}
        empty={<Empty title={a.members.empty} text={a.members.emptyText} />}
        lines={10}
      >
        {(members) => <MemberTable members={members} />}
      </PageFrame>
    </>
  );
}

function MemberTable({ members }: { members: readonly MemberSummary[] }) {
  const { a } = useAdminWords();
  const columns: Column<MemberSummary>[] = [
    {
      key: 'name',
      name: a.members.name,
      render: (member) => (
        <span className="two-lines">
          <Link to={`/members/${member.id}`}>{member.name}</Link>
          <span className="hint">
            <AddressText text={member.email} />
          </span>
        </span>
      ),
    },
    {
      key: 'role',
      name: a.members.role,
      render: (member) => <span className="whole-words">{a.roles[member.role]}</span>,
    },
    { key: 'state', name: a.members.state, render: (member) => <MemberMarks member={member} /> },
    {
      key: 'connected',
      name: a.members.connectedWhere,
      render: ({ connections }) => {
        const [first] = connections;
        if (!first) return <span className="hint">{a.members.notConnected}</span>;
        const gateways = [...new Set(connections.map(({ gatewayName }) => gatewayName))].join(', ');
        return (
          <span className="two-lines">
            <span>{a.members.via(gateways)}</span>
            <span className="hint">
              {connections.length === 1 ? first.deviceName : a.members.viaCount(connections.length)}
            </span>
          </span>
        );
      },
    },
    {
      key: 'lastSeen',
      name: a.members.lastSeen,
      render: ({ lastSeenAt }) =>
        lastSeenAt === null ? <span className="hint">{a.never}</span> : <Moment at={lastSeenAt} />,
    },
  ];
  return <DataTable caption={a.members.title} columns={columns} rows={members} rowKey={({ id }) => id} />;
}
