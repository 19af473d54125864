import { useEffect, useRef, useState } from 'react';
import { gatewayTroubles } from '../../../src-shared/gateway-troubles.ts';
import { newGatewayRequest } from '../../../src-shared/panel/gateways.ts';
import { Bar } from '../../../src-ui/parts/bar.tsx';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { TextField } from '../../../src-ui/parts/text-field.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useAction } from '../../store/use-action.ts';
import { addGateway, type NewGateway } from '../api/gateways-api.ts';
import { areAddresses, areNetworks, partsOf } from '../parts/lists.ts';
import { ShownOnce } from '../parts/shown-once.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

interface AddGatewayProps {
  others: readonly { name: string; subnet: string }[];
  onCancel: () => void;
  onDone: () => void;
}

/** Asks what the server has to know, and gives the line to run on the gateway, this once. */
export function AddGateway({ others, onCancel, onDone }: AddGatewayProps) {
  const { a, w } = useAdminWords();
  const words = a.gateways;
  const [draft, setDraft] = useState({ name: '', subnet: '', allowed: '', dns: '' });
  const [isTried, setTried] = useState(false);
  const [accepted, setAccepted] = useState('');
  const [added, setAdded] = useState<NewGateway | null>(null);
  const { run, isBusy, problem } = useAction(addGateway);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const allowedIps = partsOf(draft.allowed);
  const dns = partsOf(draft.dns);
  const errors = {
    name: draft.name.trim() === '',
    subnet: !areNetworks([draft.subnet.trim()]),
    allowed: !areNetworks(allowedIps),
    dns: !areAddresses(dns),
  };
  const areGood = !Object.values(errors).includes(true);
  // What the server takes for an empty list.
  const networks = allowedIps.length === 0 ? newGatewayRequest.shape.allowedIps.parse(undefined) : allowedIps;
  const troubles = areGood
    ? gatewayTroubles({ subnet: draft.subnet.trim(), allowedIps: networks, dns }, others)
    : [];
  const troubleTexts = troubles.map(({ code, value }) => words.troubles[code](value));
  const isWarned = troubles.length > 0 && accepted === troubleTexts.join();
  const errorOf = (field: keyof typeof errors) => (isTried && errors[field] ? words.bad[field] : null);
  const change = (field: keyof typeof draft) => (text: string) => setDraft({ ...draft, [field]: text });

  async function add(): Promise<void> {
    setTried(true);
    if (isBusy || !areGood) return;
    if (troubles.length > 0 && !isWarned) return setAccepted(troubleTexts.join());
    const answer = await run({
      name: draft.name.trim(),
      subnet: draft.subnet.trim(),
      dns,
      ...(allowedIps.length === 0 ? {} : { allowedIps }),
    });
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
    <Dialog title={words.addTitle} onCancel={onCancel}>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <TextField
          ref={first}
          label={words.name}
          value={draft.name}
          autoComplete="off"
          error={errorOf('name')}
          onChange={change('name')}
        />
        <TextField
          label={words.subnet}
          hint={words.subnetHint}
          value={draft.subnet}
          autoComplete="off"
          isMono
          error={errorOf('subnet')}
          onChange={change('subnet')}
        />
        <TextField
          label={words.allowed}
          hint={words.allowedHint}
          value={draft.allowed}
          autoComplete="off"
          isMono
          error={errorOf('allowed')}
          onChange={change('allowed')}
        />
        <TextField
          label={words.dns}
          hint={words.dnsHint}
          value={draft.dns}
          autoComplete="off"
          isMono
          error={errorOf('dns')}
          onChange={change('dns')}
        />
        {isWarned && (
          <div role="status" className="stack">
            {troubleTexts.map((text) => (
              <Bar key={text} look="warning">
                {text}
              </Bar>
            ))}
          </div>
        )}
        <ProblemNote problem={problem} />
        <div className="dialog-buttons">
          <Button onPress={onCancel}>{w.common.cancel}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {isWarned ? words.addAnyway : words.addDo}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
