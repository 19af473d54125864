import { useEffect, useRef, useState } from 'react';
import { type ApiScope, apiScope } from '../../../src-shared/integration-api.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { ProblemNote } from '../../../src-ui/parts/problem-note.tsx';
import { TextField } from '../../../src-ui/parts/text-field.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { useAction } from '../../store/use-action.ts';
import { makeApiToken, type NewApiToken } from '../api/tokens-api.ts';
import { CheckList } from '../parts/check-list.tsx';
import { areEither, partsOf, wholeNumber } from '../parts/lists.ts';
import { ShownOnce } from '../parts/shown-once.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';

const DAYS = { least: 1, most: 3650, usual: '90' } as const;

/** Asks what the token may do, from where and until when; then shows it, this once. */
export function MakeToken({ onCancel, onDone }: { onCancel: () => void; onDone: () => void }) {
  const { a, w } = useAdminWords();
  const words = a.tokens;
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<ApiScope[]>([]);
  const [days, setDays] = useState<string>(DAYS.usual);
  const [addresses, setAddresses] = useState('');
  const [isTried, setTried] = useState(false);
  const [made, setMade] = useState<NewApiToken | null>(null);
  const { run, isBusy, problem } = useAction(makeApiToken);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const expiresDays = wholeNumber(days, DAYS.least, DAYS.most);
  const allowedIps = partsOf(addresses);
  const errors = {
    name: name.trim() === '',
    scopes: scopes.length === 0,
    days: expiresDays === null,
    addresses: !areEither(allowedIps),
  };
  const errorOf = (field: keyof typeof errors) => (isTried && errors[field] ? words.bad[field] : null);

  async function make(): Promise<void> {
    setTried(true);
    if (isBusy || expiresDays === null || Object.values(errors).includes(true)) return;
    const answer = await run({ name: name.trim(), scopes, allowedIps, expiresDays });
    if (answer.ok) setMade(answer.value);
  }
  if (made !== null)
    return (
      <ShownOnce
        title={words.madeTitle}
        text={words.madeText}
        label={words.token}
        secret={made.token}
        understood={words.understood}
        onDone={onDone}
      />
    );
  return (
    <Dialog title={words.makeTitle} onCancel={onCancel}>
      <form
        className="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <TextField
          ref={first}
          label={words.name}
          value={name}
          autoComplete="off"
          error={errorOf('name')}
          onChange={setName}
        />
        <CheckList
          label={words.scopes}
          options={apiScope.options.map((scope) => ({
            value: scope,
            name: words.scopeNames[scope],
            text: scope,
          }))}
          values={scopes}
          error={errorOf('scopes')}
          onChange={setScopes}
        />
        <TextField
          label={words.expiry}
          inputMode="numeric"
          value={days}
          autoComplete="off"
          error={errorOf('days')}
          onChange={setDays}
        />
        <TextField
          label={words.addresses}
          hint={words.addressesHint}
          value={addresses}
          autoComplete="off"
          isMono
          error={errorOf('addresses')}
          onChange={setAddresses}
        />
        <ProblemNote problem={problem} />
        <div className="dialog-buttons">
          <Button onPress={onCancel}>{w.common.cancel}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {words.makeDo}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
