import { useState } from 'react';
import type { PanelGateway } from '../../../src-shared/panel/gateways.ts';
import { bytesText } from '../../../src-ui/format/bytes.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { Link } from '../../frame/link.tsx';
import { Page } from '../../frame/page.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { DoneNote } from '../../parts/done-note.tsx';
import { PageFrame } from '../../parts/page-frame.tsx';
import { usePages } from '../../store/use-pages.ts';
import { loadGateway, PAGE_SIZE, type Peer, removeGateway } from '../api/gateways-api.ts';
import { AddressText } from '../parts/address-text.tsx';
import { Facts } from '../parts/facts.tsx';
import { Moment } from '../parts/moment.tsx';
import { useRefresh } from '../parts/use-refresh.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { EditGateway } from './edit-gateway.tsx';
import { GatewayNotes } from './gateway-notes.tsx';
import { GatewayState } from './gateway-table.tsx';
import { RenewToken } from './renew-token.tsx';
import { TokenFact } from './token-fact.tsx';

const REFRESH_MS = 10_000;

interface GatewayPageProps {
  gatewayId: string;
  onRemoved: (text: string) => void;
}

/** One gateway: how it is reached, what it carries, and its peers as it counts them. */
export function GatewayPage({ gatewayId, onRemoved }: GatewayPageProps) {
  const { a } = useAdminWords();
  const [gateway, setGateway] = useState<PanelGateway | null>(null);
  const [open, setOpen] = useState<'edit' | 'token' | 'remove' | null>(null);
  const [done, setDone] = useState<string | null>(null);
  async function load(cursor: string | undefined, options: Parameters<typeof loadGateway>[2]) {
    const answer = await loadGateway(gatewayId, cursor, options);
    if (answer.ok) setGateway(answer.value.gateway);
    return answer;
  }
  const peers = usePages(`gateway ${gatewayId}`, (cursor, signal) => load(cursor, signal ? { signal } : {}));
  // Only the first page is asked for again: who has gone further keeps what is on screen.
  const isFollowing = gateway !== null && open === null && (peers.items?.length ?? 0) <= PAGE_SIZE;
  useRefresh(() => load(undefined, { isBackground: true }), peers.put, REFRESH_MS, isFollowing);
  return (
    <Page
      title={gateway?.name ?? a.gateways.title}
      isWide
      actions={
        gateway && (
          <>
            <Button onPress={() => setOpen('edit')}>{a.gateways.edit}</Button>
            <Button onPress={() => setOpen('token')}>{a.gateways.token.renew}</Button>
            <Button look="danger" onPress={() => setOpen('remove')}>
              {a.gateways.remove}
            </Button>
          </>
        )
      }
    >
      <nav className="back" aria-label={a.gateways.back}>
        <Link to="/gateways">← {a.gateways.back}</Link>
      </nav>
      <DoneNote text={done} />
      {gateway && <GatewayNotes gateway={gateway} />}
      {gateway && <GatewayFacts gateway={gateway} />}
      <section className="panel stack" aria-labelledby="peers">
        <h2 id="peers">{a.gateways.peers}</h2>
        <PageFrame pages={peers} empty={<p className="hint">{a.gateways.noPeers}</p>}>
          {(rows) => <PeerTable peers={rows} />}
        </PageFrame>
      </section>
      {open === 'edit' && gateway && (
        <EditGateway
          gateway={gateway}
          onDone={(changed, outdated, endsIpv6) => {
            setGateway(changed);
            setDone(a.gateways.edited(changed.name, outdated, endsIpv6));
            setOpen(null);
          }}
          onCancel={() => setOpen(null)}
        />
      )}
      {open === 'token' && gateway && (
        <RenewToken
          gateway={gateway}
          onDone={(changed) => {
            setGateway(changed);
            setOpen(null);
          }}
          onCancel={() => setOpen(null)}
        />
      )}
      {open === 'remove' && gateway && (
        <ConfirmDialog
          title={a.gateways.removeTitle(gateway.name)}
          text={a.gateways.removeText}
          confirmLabel={a.gateways.remove}
          typed={gateway.name}
          onConfirm={() => removeGateway(gatewayId)}
          onDone={({ endedConnections }) => onRemoved(a.gateways.removed(gateway.name, endedConnections))}
          onCancel={() => setOpen(null)}
        />
      )}
    </Page>
  );
}

function GatewayFacts({ gateway }: { gateway: PanelGateway }) {
  const { a, locale, w } = useAdminWords();
  const words = a.gateways;
  const { lastSeenAt, endpoint, publicKey, rxBytes, txBytes, dns, dnsDomains } = gateway;
  const code = (text: string | null) =>
    text === null ? <span className="hint">{words.none}</span> : <span className="mono">{text}</span>;
  const agentText =
    gateway.agent !== null
      ? code(gateway.agent.version)
      : lastSeenAt === null
        ? code(null)
        : words.agentSilent;
  const codes = (items: readonly (string | number)[], none = w.common.none) =>
    items.length === 0 ? none : code(items.join(', '));
  return (
    <section className="panel">
      <Facts
        facts={[
          [words.state, <GatewayState key="state" gateway={gateway} />],
          [words.connections, new Intl.NumberFormat(locale).format(gateway.connections)],
          [words.traffic, words.trafficOf(bytesText(rxBytes, locale), bytesText(txBytes, locale))],
          [words.lastContact, lastSeenAt === null ? a.never : <Moment key="seen" at={lastSeenAt} />],
          [words.agent, agentText],
          [words.token.name, <TokenFact key="token" token={gateway.token} />],
          [words.endpoint, code(endpoint)],
          [words.furtherPorts, codes(gateway.alternatePorts)],
          [words.publicKey, code(publicKey)],
          [words.subnet, code([gateway.subnet, gateway.subnet6].filter(Boolean).join(', '))],
          [words.allowed, code(gateway.allowedIps.join(', '))],
          ['DNS', codes(dns)],
          [words.namesAsked, codes(dnsDomains, dns.length === 0 ? w.common.none : words.everyName)],
          [words.searched, codes(gateway.dnsSearch)],
          [words.mtu, String(gateway.mtu)],
        ]}
      />
    </section>
  );
}

function PeerTable({ peers }: { peers: readonly Peer[] }) {
  const { a, locale } = useAdminWords();
  const words = a.gateways;
  const columns: Column<Peer>[] = [
    {
      key: 'member',
      name: words.member,
      render: ({ memberId, memberName, email }) => (
        <span className="two-lines">
          <Link to={`/members/${memberId}`}>{memberName}</Link>
          <span className="hint">
            <AddressText text={email} />
          </span>
        </span>
      ),
    },
    { key: 'device', name: words.device, render: ({ deviceName }) => deviceName },
    {
      key: 'address',
      name: words.address,
      render: ({ address, address6 }) => (
        <span className="two-lines mono">
          <span>{address}</span>
          {address6 !== null && <span className="hint">{address6}</span>}
        </span>
      ),
    },
    { key: 'since', name: words.since, render: ({ since }) => <Moment at={since} /> },
    {
      key: 'handshake',
      name: words.handshake,
      render: ({ lastHandshakeAt }) =>
        lastHandshakeAt === null ? (
          <span className="hint">{words.none}</span>
        ) : (
          <Moment at={lastHandshakeAt} />
        ),
    },
    {
      key: 'traffic',
      name: words.traffic,
      render: ({ rxBytes, txBytes }) =>
        words.trafficOf(bytesText(rxBytes, locale), bytesText(txBytes, locale)),
    },
  ];
  return <DataTable caption={words.peers} columns={columns} rows={peers} rowKey={({ leaseId }) => leaseId} />;
}
