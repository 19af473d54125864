import { degradedBy } from '../../../src-shared/gateway-channel.ts';
import type { PanelGateway } from '../../../src-shared/panel/gateways.ts';
import { bytesText } from '../../../src-ui/format/bytes.ts';
import { Link } from '../../frame/link.tsx';
import { Badge } from '../../parts/badge.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Moment } from '../parts/moment.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

export function GatewayTable({ gateways }: { gateways: readonly PanelGateway[] }) {
  const { a, locale } = useAdminWords();
  const columns: Column<PanelGateway>[] = [
    {
      key: 'name',
      name: a.gateways.name,
      render: (gateway) => (
        <span className="two-lines">
          <Link to={`/gateways/${gateway.id}`}>{gateway.name}</Link>
          <span className="hint mono">{gateway.endpoint ?? gateway.subnet}</span>
        </span>
      ),
    },
    { key: 'state', name: a.gateways.state, render: (gateway) => <GatewayState gateway={gateway} /> },
    {
      key: 'connections',
      name: a.gateways.connections,
      isNumeric: true,
      render: ({ connections }) => new Intl.NumberFormat(locale).format(connections),
    },
    {
      key: 'traffic',
      name: a.gateways.traffic,
      render: ({ rxBytes, txBytes }) =>
        a.gateways.trafficOf(bytesText(rxBytes, locale), bytesText(txBytes, locale)),
    },
    {
      key: 'contact',
      name: a.gateways.lastContact,
      render: ({ lastSeenAt }) =>
        lastSeenAt === null ? <span className="hint">{a.never}</span> : <Moment at={lastSeenAt} />,
    },
  ];
  return <DataTable caption={a.gateways.title} columns={columns} rows={gateways} rowKey={({ id }) => id} />;
}

export function GatewayState({ gateway }: { gateway: PanelGateway }) {
  const { a } = useAdminWords();
  if (gateway.isOnline && degradedBy(gateway.hostTroubles))
    return <Badge tone="gate">{a.gateways.degraded}</Badge>;
  if (gateway.isOnline) return <Badge tone="on">{a.gateways.online}</Badge>;
  if (gateway.lastSeenAt === null) return <Badge tone="off">{a.gateways.waiting}</Badge>;
  return <Badge tone="stopped">{a.gateways.offline}</Badge>;
}
