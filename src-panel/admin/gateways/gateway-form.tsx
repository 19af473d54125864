import { useEffect, useRef, useState } from 'react';
import { MTU } from '../../../src-shared/gateway-limits.ts';
import { gatewayTroubles } from '../../../src-shared/gateway-troubles.ts';
import { newGatewayRequest } from '../../../src-shared/panel/gateways.ts';
import type { Problem } from '../../../src-shared/problem.ts';
import { Bar } from '../../../src-ui/parts/bar.tsx';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { TextField } from '../../../src-ui/parts/text-field.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { areAddresses, areNetworks, partsOf, wholeNumber } from '../parts/lists.ts';
import { useAdminWords } from '../strings/use-admin-words.ts';

/** As typed. */
export interface TypedGateway {
  name: string;
  subnet: string;
  allowed: string;
  dns: string;
  mtu: string;
}

export interface GatewayValues {
  name: string;
  subnet: string;
  allowedIps: string[];
  dns: string[];
  mtu: number;
}

interface GatewayFormProps {
  title: string;
  text?: string;
  submitLabel: string;
  /** In place of it once there are troubles on screen. */
  anywayLabel: string;
  draft: TypedGateway;
  /** A gateway that is there keeps its subnet, and shows its MTU. */
  isNew: boolean;
  others: readonly { name: string; subnet: string }[];
  isBusy: boolean;
  problem: Problem | null;
  onSubmit: (values: GatewayValues) => void;
  onCancel: () => void;
}

/** What the server has to know of a gateway. Settings that leave somebody without something are named before they are sent. */
export function GatewayForm(props: GatewayFormProps) {
  const { isNew, others, isBusy, problem } = props;
  const { a, w } = useAdminWords();
  const words = a.gateways;
  const [draft, setDraft] = useState(props.draft);
  const [isTried, setTried] = useState(false);
  const [accepted, setAccepted] = useState('');
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const typed = partsOf(draft.allowed);
  // What the server takes for an empty list.
  const allowedIps = typed.length === 0 ? newGatewayRequest.shape.allowedIps.parse(undefined) : typed;
  const dns = partsOf(draft.dns);
  const subnet = draft.subnet.trim();
  const mtu = wholeNumber(draft.mtu, MTU.least, MTU.most);
  const errors = {
    name: draft.name.trim() === '',
    subnet: !areNetworks([subnet]),
    allowed: !areNetworks(allowedIps),
    dns: !areAddresses(dns),
    mtu: mtu === null,
  };
  const areGood = !Object.values(errors).includes(true);
  const troubles = areGood ? gatewayTroubles({ subnet, allowedIps, dns }, others) : [];
  const troubleTexts = troubles.map(({ code, value }) => words.troubles[code](value));
  const isWarned = troubles.length > 0 && accepted === troubleTexts.join();

  function submit(): void {
    setTried(true);
    if (isBusy || !areGood || mtu === null) return;
    if (troubles.length > 0 && !isWarned) setAccepted(troubleTexts.join());
    else props.onSubmit({ name: draft.name.trim(), subnet, allowedIps, dns, mtu });
  }
  const field = (name: keyof TypedGateway, label: string, hint?: string) => (
    <TextField
      {...(name === 'name' ? { ref: first } : { isMono: true })}
      label={label}
      {...(hint === undefined ? {} : { hint })}
      value={draft[name]}
      autoComplete="off"
      error={isTried && errors[name] ? words.bad[name] : null}
      onChange={(text) => setDraft({ ...draft, [name]: text })}
    />
  );
  return (
    <Dialog
      title={props.title}
      {...(props.text === undefined ? {} : { text: props.text })}
      onCancel={props.onCancel}
    >
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {field('name', words.name)}
        {isNew && field('subnet', words.subnet, words.subnetHint)}
        {field('allowed', words.allowed, words.allowedHint)}
        {field('dns', words.dns, words.dnsHint)}
        {!isNew && field('mtu', words.mtu, words.mtuHint)}
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
          <Button onPress={props.onCancel}>{w.common.cancel}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {isWarned ? props.anywayLabel : props.submitLabel}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
