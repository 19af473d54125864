import { useEffect, useRef, useState } from 'react';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { TextField } from '../../../src-ui/parts/text-field.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useAction } from '../../store/use-action.ts';
import { addGateway, type NewGateway } from '../api/gateways-api.ts';
import { areAddresses, areNetworks, partsOf } from '../parts/lists.ts';
import { ShownOnce } from '../parts/shown-once.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

/** Asks what the server has to know, and gives the line to run on the gateway, this once. */
export function AddGateway({ onCancel, onDone }: { onCancel: () => void; onDone: () => void }) {
  const { a, w } = useAdminWords();
  const words = a.gateways;
  const [draft, setDraft] = useState({ name: '', subnet: '', allowed: '', dns: '' });
  const [isTried, setTried] = useState(false);
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
  const errorOf = (field: keyof typeof errors) => (isTried && errors[field] ? words.bad[field] : null);
  const change = (field: keyof typeof draft) => (text: string) => setDraft({ ...draft, [field]: text });

  async function add(): Promise<void> {
    setTried(true);
    if (isBusy || Object.values(errors).includes(true)) return;
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
        <ProblemNote problem={problem} />
        <div className="dialog-buttons">
          <Button onPress={onCancel}>{w.common.cancel}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {words.addDo}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
