import { parseJson } from '../../../src-shared/parse-json.ts';
import type { Field, Operation } from './openapi.ts';

/** What is filled in, by `place.name`. Empty: not sent. */
export type Values = Readonly<Record<string, string>>;

export const keyOf = ({ place, name }: Pick<Field, 'place' | 'name'>): string => `${place}.${name}`;

export interface ApiRequest {
  method: string;
  /** Path and query. */
  target: string;
  /** JSON; null: no body. */
  body: string | null;
}

export type FieldError = 'missing' | 'number' | 'json';

/** The request that the form says; or which fields it cannot be made of. */
export function toRequest(
  operation: Operation,
  values: Values,
): { request: ApiRequest | null; errors: Readonly<Record<string, FieldError>> } {
  const errors: Record<string, FieldError> = {};
  const query = new URLSearchParams();
  const body: [string, unknown][] = [];
  let path = operation.path;
  for (const field of operation.fields) {
    const key = keyOf(field);
    const text = values[key] ?? '';
    if (text === '') {
      if (field.isRequired) errors[key] = 'missing';
      continue;
    }
    const read = readValue(field, text);
    if ('error' in read) errors[key] = read.error;
    else if (field.place === 'path') path = path.replaceAll(`{${field.name}}`, encodeURIComponent(text));
    else if (field.place === 'query') query.set(field.name, text);
    else body.push([field.name, read.value]);
  }
  if (Object.keys(errors).length > 0) return { request: null, errors };
  return {
    request: {
      method: operation.method,
      target: `${path}${query.size === 0 ? '' : `?${query}`}`,
      body: operation.hasBody ? JSON.stringify(Object.fromEntries(body)) : null,
    },
    errors,
  };
}

function readValue({ kind }: Field, text: string): { value: unknown } | { error: FieldError } {
  if (kind === 'boolean') return { value: text === 'true' };
  if (kind === 'number') {
    const value = Number(text);
    return text.trim() === '' || Number.isNaN(value) ? { error: 'number' } : { value };
  }
  if (kind !== 'json') return { value: text };
  const value = parseJson(text);
  return value === undefined ? { error: 'json' } : { value };
}

/**
 * The request for a POSIX shell. The token is the shell's variable, fed to curl on its standard input: neither the
 * history nor the list of processes shows it.
 */
export function toCurl(origin: string, { method, target, body }: ApiRequest): string {
  const lines = [
    `printf 'header = "Authorization: Bearer %s"\\n' "$TOKEN" |`,
    `  curl --config - --silent --show-error --request ${method}`,
    ...(body === null
      ? []
      : [`    --header ${quoted('Content-Type: application/json')}`, `    --data ${quoted(body)}`]),
    `    ${quoted(`${origin}${target}`)}`,
  ];
  return lines
    .map((line, index) => (index === 0 || index === lines.length - 1 ? line : `${line} \\`))
    .join('\n');
}

/** One word for the shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
