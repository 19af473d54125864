import { useEffect, useRef, useState } from 'react';
import { gatewayTroubles } from '../../../src-shared/gateway-troubles.ts';
import type { Problem } from '../../../src-shared/problem.ts';
import { Bar } from '../../../src-ui/parts/bar.tsx';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { TextField } from '../../../src-ui/parts/text-field.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { type GatewayValues, readDraft, type TypedGateway } from './gateway-draft.ts';

interface GatewayFormProps {
  title: string;
  text?: string;
  submitLabel: string;
  /** In place of it once there are troubles on screen. */
  anywayLabel: string;
  draft: TypedGateway;
  /** A gateway that is there keeps its subnet, and shows its MTU. */
  isNew: boolean;
  /** Of its endpoint; null while nobody knows it. */
  ownPort: number | null;
  others: readonly { name: string; subnet: string }[];
  isBusy: boolean;
  problem: Problem | null;
  onSubmit: (values: GatewayValues) => void;
  onCancel: () => void;
}

/** In the order in which they stand. */
const FIELDS = [
  'name',
  'subnet',
  'allowed',
  'dns',
  'dnsDomains',
  'dnsSearch',
  'alternatePorts',
  'mtu',
] as const satisfies (keyof TypedGateway)[];

/** The form is longer than many windows. */
function bringIntoView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' });
}

/** What the server has to know of a gateway. Settings that leave somebody without something are named before they are sent. */
export function GatewayForm(props: GatewayFormProps) {
  const { isNew, ownPort, others, isBusy, problem } = props;
  const { a, w } = useAdminWords();
  const words = a.gateways;
  const [draft, setDraft] = useState(props.draft);
  const [isTried, setTried] = useState(false);
  const [accepted, setAccepted] = useState('');
  const inputs = useRef(new Map<keyof TypedGateway, HTMLInputElement | null>());
  useEffect(() => inputs.current.get('name')?.focus(), []);
  const { values, mistakes } = readDraft(draft, ownPort);
  const troubles = values ? gatewayTroubles(values, others) : [];
  const troubleTexts = troubles.map(({ code, value }) => words.troubles[code](value));
  const isWarned = troubles.length > 0 && accepted === troubleTexts.join();

  function submit(): void {
    setTried(true);
    const wrong = FIELDS.find((name) => mistakes[name] !== null);
    if (wrong) inputs.current.get(wrong)?.focus();
    if (isBusy || !values) return;
    if (troubles.length > 0 && !isWarned) setAccepted(troubleTexts.join());
    else props.onSubmit(values);
  }
  const errorOf = (name: keyof TypedGateway): string | null => {
    const mistake = mistakes[name];
    return isTried && mistake ? words.bad[mistake] : null;
  };
  const field = (name: keyof TypedGateway, label: string, hint?: string) => (
    <TextField
      ref={(input) => void inputs.current.set(name, input)}
      isMono={name !== 'name'}
      label={label}
      {...(hint === undefined ? {} : { hint })}
      value={draft[name]}
      autoComplete="off"
      error={errorOf(name)}
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
        {field('dnsDomains', words.dnsDomains, words.dnsDomainsHint)}
        {field('dnsSearch', words.dnsSearch, words.dnsSearchHint)}
        {field('alternatePorts', words.alternatePorts, words.alternatePortsHint)}
        {!isNew && field('mtu', words.mtu, words.mtuHint)}
        {isWarned && (
          <div role="status" className="stack" ref={bringIntoView}>
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
