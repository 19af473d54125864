import type { PanelGateway } from '../../../src-shared/panel/gateways.ts';
import { splitEndpoint } from '../../../src-shared/primitives.ts';
import { useAction } from '../../store/use-action.ts';
import { changeGateway } from '../api/gateways-api.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';
import type { GatewayValues } from './gateway-draft.ts';
import { GatewayForm } from './gateway-form.tsx';

interface EditGatewayProps {
  gateway: PanelGateway;
  onCancel: () => void;
  /**
   * `outdated`: connections that have the settings from before until they are renewed. `endsIpv6`: all but their IPv6
   * addresses, which are gone.
   */
  onDone: (gateway: PanelGateway, outdated: number, endsIpv6: boolean) => void;
}

/** Name, networks, IPv6 of the devices, DNS, further ports and MTU of a gateway that is there. */
export function EditGateway({ gateway, onCancel, onDone }: EditGatewayProps) {
  const { a } = useAdminWords();
  const words = a.gateways;
  const { run, isBusy, problem } = useAction(changeGateway);

  async function save({ subnet: _, ...change }: GatewayValues): Promise<void> {
    const answer = await run(gateway.id, change);
    if (!answer.ok) return;
    const { gateway: changed, outdatedConnections } = answer.value;
    const endsIpv6 = gateway.subnet6 !== null && gateway.subnet6 !== changed.subnet6;
    onDone(changed, outdatedConnections, endsIpv6);
  }
  return (
    <GatewayForm
      title={words.editTitle(gateway.name)}
      text={words.editText}
      submitLabel={words.save}
      anywayLabel={words.saveAnyway}
      draft={{
        name: gateway.name,
        subnet: gateway.subnet,
        subnet6: gateway.subnet6 ?? '',
        allowed: gateway.allowedIps.join(', '),
        dns: gateway.dns.join(', '),
        dnsDomains: gateway.dnsDomains.join(', '),
        dnsSearch: gateway.dnsSearch.join(', '),
        alternatePorts: gateway.alternatePorts.join(', '),
        mtu: String(gateway.mtu),
      }}
      isNew={false}
      ownId={gateway.id}
      ownPort={gateway.endpoint === null ? null : splitEndpoint(gateway.endpoint).port}
      isBusy={isBusy}
      problem={problem}
      onSubmit={(values) => void save(values)}
      onCancel={onCancel}
    />
  );
}
