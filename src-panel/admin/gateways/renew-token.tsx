import { useState } from 'react';
import type { PanelGateway } from '../../../src-shared/panel/gateways.ts';
import { Switch } from '../../../src-ui/parts/choices.tsx';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { type NewGatewayToken, renewGatewayToken } from '../api/gateways-api.ts';
import { ShownOnce } from '../parts/shown-once.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

interface RenewTokenProps {
  gateway: PanelGateway;
  onDone: (gateway: PanelGateway) => void;
  onCancel: () => void;
}

/** Asks how the old token ends, and gives the line with the new one, this once. */
export function RenewToken({ gateway, onDone, onCancel }: RenewTokenProps) {
  const { a } = useAdminWords();
  const words = a.gateways.token;
  const [endsOldNow, setEndsOldNow] = useState(false);
  const [renewed, setRenewed] = useState<NewGatewayToken | null>(null);
  if (renewed !== null)
    return (
      <ShownOnce
        title={words.madeTitle(gateway.name)}
        text={endsOldNow ? words.madeNow : words.made}
        label={words.line}
        secret={renewed.tokenLine}
        understood={a.gateways.understood}
        onDone={() => onDone(renewed.gateway)}
      />
    );
  return (
    <ConfirmDialog
      title={words.title(gateway.name)}
      text={words.text}
      look={endsOldNow ? 'danger' : 'primary'}
      confirmLabel={words.make}
      onConfirm={() => renewGatewayToken(gateway.id, { endsOldNow })}
      onDone={setRenewed}
      onCancel={onCancel}
    >
      <Switch label={words.endNow} hint={words.endNowHint} isOn={endsOldNow} onChange={setEndsOldNow} />
    </ConfirmDialog>
  );
}
