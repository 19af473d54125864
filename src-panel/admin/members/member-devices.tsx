import { platformName } from '../../account/platform-name.ts';
import { Link } from '../../frame/link.tsx';
import { Badge } from '../../parts/badge.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import type { Member } from '../api/members-api.ts';
import { Moment } from '../parts/moment.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

/** Where the member is connected now. */
export function MemberConnections({ member }: { member: Member }) {
  const { a } = useAdminWords();
  return (
    <section className="panel stack" aria-labelledby="connections">
      <h2 id="connections">{a.member.connections}</h2>
      {member.connections.length === 0 ? (
        <p className="hint">{a.member.noConnections}</p>
      ) : (
        <ul className="rows">
          {member.connections.map((connection) => (
            <li key={connection.leaseId} className="two-lines">
              <span>
                <Link to={`/gateways/${connection.gatewayId}`}>{connection.gatewayName}</Link>{' '}
                {connection.deviceName}
              </span>
              <span className="hint">
                {a.member.address} <span className="mono">{connection.address}</span> · {a.overview.since}{' '}
                <Moment at={connection.since} /> · {a.member.until} <Moment at={connection.expiresAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** The member's computers, and how each can be unlocked. */
export function MemberDevices({ member }: { member: Member }) {
  const { a } = useAdminWords();
  const columns: Column<Member['devices'][number]>[] = [
    {
      key: 'name',
      name: a.overview.device,
      render: ({ name, platform }) => (
        <span className="two-lines">
          <span>{name}</span>
          <span className="hint">{platformName(platform)}</span>
        </span>
      ),
    },
    {
      key: 'state',
      name: a.members.state,
      render: ({ isSignedIn, guard }) => (
        <span className="marks">
          <Badge tone={isSignedIn ? 'on' : 'off'}>
            {isSignedIn ? a.member.signedIn : a.member.signedOut}
          </Badge>
          {guard && <Badge tone={guard === 'exempt' ? 'gate' : 'stopped'}>{a.member.guard[guard]}</Badge>}
        </span>
      ),
    },
    {
      key: 'unlock',
      name: a.member.unlockName,
      render: ({ unlock }) =>
        unlock.length === 0 ? (
          <span className="hint">{a.member.unlockNone}</span>
        ) : (
          unlock.map((method) => a.member.unlock[method]).join(', ')
        ),
    },
    { key: 'seen', name: a.members.lastSeen, render: ({ lastSeenAt }) => <Moment at={lastSeenAt} /> },
  ];
  return (
    <section className="panel stack" aria-labelledby="devices">
      <h2 id="devices">{a.member.devices}</h2>
      {member.devices.length === 0 ? (
        <p className="hint">{a.member.noDevices}</p>
      ) : (
        <DataTable
          caption={a.member.devices}
          columns={columns}
          rows={member.devices}
          rowKey={({ id }) => id}
        />
      )}
    </section>
  );
}
