import { useState } from 'react';
import { newGatewayRequest } from '../../../src-shared/panel/gateways.ts';
import { useAction } from '../../store/use-action.ts';
import { addGateway, type NewGateway } from '../api/gateways-api.ts';
import { ShownOnce } from '../parts/shown-once.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import type { GatewayValues } from './gateway-draft.ts';
import { GatewayForm } from './gateway-form.tsx';

interface AddGatewayProps {
  onCancel: () => void;
  onDone: () => void;
}

const EMPTY = {
  ...{ name: '', subnet: '', subnet6: '', allowed: '', dns: '', dnsDomains: '', dnsSearch: '' },
  alternatePorts: '',
  mtu: String(newGatewayRequest.shape.mtu.parse(undefined)),
};

/** Asks what the server has to know, and gives the line to run on the gateway, this once. */
export function AddGateway({ onCancel, onDone }: AddGatewayProps) {
  const { a } = useAdminWords();
  const words = a.gateways;
  const [added, setAdded] = useState<NewGateway | null>(null);
  const { run, isBusy, problem } = useAction(addGateway);

  async function add(values: GatewayValues): Promise<void> {
    const answer = await run(values);
    if (answer.ok) setAdded(answer.value);
  }
  if (added !== null)
    return (
      <ShownOnce
        title={words.addedTitle(added.gateway.name)}
        text={words.addedText}
        label={words.installLine}
        secret={added.installLine}
        understood={words.understood}
        onDone={onDone}
      />
    );
  return (
    <GatewayForm
      title={words.addTitle}
      submitLabel={words.addDo}
      anywayLabel={words.addAnyway}
      draft={EMPTY}
      isNew
      ownId={null}
      ownPort={null}
      isBusy={isBusy}
      problem={problem}
      onSubmit={(values) => void add(values)}
      onCancel={onCancel}
    />
  );
}
