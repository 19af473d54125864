import { useState } from 'react';
import { bytesText } from '../../../src-ui/format/bytes.ts';
import { Button } from '../../../src-ui/parts/button.tsx';
import { Badge } from '../../parts/badge.tsx';
import { PasswordField } from '../../parts/password-field.tsx';
import { SelectField } from '../../parts/select-field.tsx';
import { CodeBlock } from '../parts/code-block.tsx';
import { useAdminWords } from '../strings/use-admin-words.ts';
import { toCurl, toRequest, type Values } from './api-request.ts';
import { FieldInput } from './field-input.tsx';
import type { Operation } from './openapi.ts';
import { type ApiAnswer, sendRequest } from './send-request.ts';

/** Pick an operation, fill it in, send it, see what the server says. The token stays in the memory of this page. */
export function Console({ operations }: { operations: readonly Operation[] }) {
  const { a } = useAdminWords();
  const [id, setId] = useState(operations[0]?.id ?? '');
  const [token, setToken] = useState('');
  const [values, setValues] = useState<Values>({});
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<ApiAnswer | 'none' | null>(null);
  const operation = operations.find((each) => each.id === id);
  if (!operation) return null;
  const { request, errors } = toRequest(operation, values);

  async function send(): Promise<void> {
    setTried(true);
    if (isBusy || request === null || token.trim() === '') return;
    setBusy(true);
    setAnswer((await sendRequest(request, token.trim())) ?? 'none');
    setBusy(false);
  }
  return (
    <section className="panel stack" aria-labelledby="console">
      <h2 id="console">{a.api.console}</h2>
      <p className="hint">{a.api.consoleText}</p>
      <form
        className="stack"
        noValidate
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <SelectField
          label={a.api.operation}
          value={id}
          options={operations.map((each) => ({ value: each.id, name: each.id }))}
          hint={operation.summary}
          onChange={(next) => {
            setId(next);
            setTried(false);
            setAnswer(null);
          }}
        />
        <PasswordField
          label={a.api.token}
          hint={a.api.tokenHint}
          value={token}
          isNew
          error={isTried && token.trim() === '' ? a.api.missing : null}
          onChange={setToken}
        />
        {operation.fields.length > 0 && (
          <div className="api-fields">
            {operation.fields.map((field) => (
              <FieldInput
                key={`${operation.id} ${field.place} ${field.name}`}
                field={field}
                values={values}
                errors={isTried ? errors : {}}
                onChange={setValues}
              />
            ))}
          </div>
        )}
        {request && (
          <CodeBlock
            label={a.api.asCurl}
            text={toCurl(window.location.origin, request)}
            hint={a.api.curlHint}
          />
        )}
        <div className="row">
          <Button type="submit" look="primary" isBusy={isBusy}>
            {a.api.send}
          </Button>
        </div>
      </form>
      <Answer answer={answer} />
    </section>
  );
}

function Answer({ answer }: { answer: ApiAnswer | 'none' | null }) {
  const { a, locale } = useAdminWords();
  return (
    <section className="stack" aria-labelledby="answer">
      <h3 id="answer">{a.api.answer}</h3>
      <div role="status">
        {answer === null && <p className="hint">{a.api.noAnswer}</p>}
        {answer === 'none' && <p className="field-error">{a.api.unreachable}</p>}
        {answer !== null && answer !== 'none' && (
          <p>
            <Badge tone={answer.isOk ? 'on' : 'stopped'}>{answer.status}</Badge>{' '}
            <span className="hint numeric">
              {a.api.took(answer.tookMs)} · {bytesText(answer.bytes, locale)}
            </span>
          </p>
        )}
      </div>
      {answer !== null && answer !== 'none' && answer.body !== '' && (
        <CodeBlock label={a.api.body} text={answer.body} />
      )}
      {answer !== null && answer !== 'none' && answer.isCut && (
        <p className="hint">{a.api.truncated(bytesText(answer.bytes, locale))}</p>
      )}
    </section>
  );
}
