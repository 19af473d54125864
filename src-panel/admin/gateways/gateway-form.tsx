import { type ReactNode, useEffect, useRef, useState } from 'react';
import { uniqueLocalNetwork } from '../../../src-shared/device-networks.ts';
import { gatewayTroubles } from '../../../src-shared/gateway-troubles.ts';
import type { PanelGateway } from '../../../src-shared/panel/gateways.ts';
import type { Problem } from '../../../src-shared/problem.ts';
import { Bar } from '../../../src-ui/parts/bar.tsx';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { TextField } from '../../../src-ui/parts/text-field.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useAction } from '../../store/use-action.ts';
import { loadAllGateways } from '../api/gateways-api.ts';
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
  ownId: string | null;
  /** Of its endpoint; null while nobody knows it. */
  ownPort: number | null;
  isBusy: boolean;
  problem: Problem | null;
  onSubmit: (values: GatewayValues) => void;
  onCancel: () => void;
}

/** In the order in which they stand. */
const FIELDS = [
  'name',
  'subnet',
  'subnet6',
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
  const { isNew, ownPort, problem } = props;
  const { a, w } = useAdminWords();
  const words = a.gateways;
  const [draft, setDraft] = useState(props.draft);
  const [isTried, setTried] = useState(false);
  const [accepted, setAccepted] = useState('');
  const [others, setOthers] = useState<readonly PanelGateway[]>([]);
  const looking = useAction(loadAllGateways);
  const isBusy = props.isBusy || looking.isBusy;
  const inputs = useRef(new Map<keyof TypedGateway, HTMLInputElement | null>());
  useEffect(() => inputs.current.get('name')?.focus(), []);
  const { values, mistakes } = readDraft(draft, ownPort);
  const textsBeside = (known: readonly PanelGateway[]): string[] =>
    values ? gatewayTroubles(values, known).map(({ code, value }) => words.troubles[code](value)) : [];
  const troubleTexts = textsBeside(others);
  const isWarned = troubleTexts.length > 0 && accepted === troubleTexts.join();

  /** All other gateways are asked for now: who else adds one meanwhile, and how many there are, must not matter. */
  async function submit(): Promise<void> {
    setTried(true);
    const wrong = FIELDS.find((name) => mistakes[name] !== null);
    if (wrong) inputs.current.get(wrong)?.focus();
    if (isBusy || !values) return;
    const known = await looking.run();
    if (!known.ok) return;
    const beside = known.value.filter(({ id }) => id !== props.ownId);
    setOthers(beside);
    const found = textsBeside(beside).join();
    if (found !== '' && found !== accepted) setAccepted(found);
    else props.onSubmit(values);
  }
  const errorOf = (name: keyof TypedGateway): string | null => {
    const mistake = mistakes[name];
    return isTried && mistake ? words.bad[mistake] : null;
  };
  const field = (name: keyof TypedGateway, label: string, hint?: string, action?: ReactNode) => (
    <TextField
      ref={(input) => void inputs.current.set(name, input)}
      isMono={name !== 'name'}
      label={label}
      {...(hint === undefined ? {} : { hint })}
      value={draft[name]}
      autoComplete="off"
      error={errorOf(name)}
      action={action}
      onChange={(text) => setDraft({ ...draft, [name]: text })}
    />
  );
  const suggestion = (
    <Button
      look="quiet"
      accessibleName={words.suggestSubnet6}
      onPress={() =>
        setDraft({ ...draft, subnet6: uniqueLocalNetwork(crypto.getRandomValues(new Uint8Array(5))) })
      }
    >
      {words.suggest}
    </Button>
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
          void submit();
        }}
      >
        {field('name', words.name)}
        {isNew && field('subnet', words.subnet, words.subnetHint)}
        {field('subnet6', words.subnet6, words.subnet6Hint, suggestion)}
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
        <ProblemNote problem={problem ?? looking.problem} />
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
