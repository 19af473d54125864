import * as z from 'zod';
import { type Policy, policySchema } from '../../../src-shared/policy.ts';
import { fail, firstIssue, ok, type Result } from '../../../src-shared/problem.ts';

const table = z.record(z.string(), z.unknown());

/**
 * Applies `key=value` words to a policy: `totpPriorConnection=false`, `mfaRequired.client=true`,
 * `unlockMethods=pin,uv-hw`. `invalid-request` names the first word that does not fit.
 */
export function assignPolicy(policy: Policy, words: readonly string[]): Result<Policy> {
  const changed = table.parse(structuredClone(policy));
  for (const word of words) {
    const [path = '', value] = splitOnce(word, '=');
    if (value === undefined) return fail('invalid-request', `${word}: expected key=value`);
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let target = changed;
    for (const key of keys) {
      const child = table.safeParse(Object.hasOwn(target, key) ? target[key] : undefined);
      if (!child.success) return unknownSetting(path, policy);
      target[key] = child.data;
      target = child.data;
    }
    if (!Object.hasOwn(target, last)) return unknownSetting(path, policy);
    const present = target[last];
    const next = fromText(value, present);
    if (typeof present === 'boolean' && typeof next !== 'boolean')
      return fail('invalid-request', `${path}: expected true or false`);
    if (typeof present === 'number' && !Number.isInteger(next))
      return fail('invalid-request', `${path}: expected a whole number`);
    target[last] = next;
  }
  const parsed = policySchema.safeParse(changed);
  return parsed.success ? ok(parsed.data) : fail('invalid-request', mistakeOf(parsed.error));
}

/** Text in the kind that the present value has; what does not fit stays text, so that the schema refuses it. */
function fromText(text: string, present: unknown): unknown {
  if (Array.isArray(present)) return text === '' ? [] : text.split(',').map((item) => item.trim());
  if (typeof present === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (typeof present === 'number' && text.trim() !== '') return Number(text);
  return text;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The setting and what it takes; zod's own words are a programmer's. */
function mistakeOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const setting = issue?.path.filter((key) => typeof key === 'string').join('.');
  switch (issue?.code) {
    case 'too_small':
      return `${setting}: expected at least ${issue.minimum}`;
    case 'too_big':
      return `${setting}: expected at most ${issue.maximum}`;
    case 'invalid_value':
      return `${setting}: expected ${issue.values.join(', ')}`;
    default:
      return firstIssue(error);
  }
}

function unknownSetting(typed: string, policy: Policy) {
  const known = Object.entries(policy).flatMap(([key, value]) =>
    typeof value === 'object' && !Array.isArray(value)
      ? Object.keys(value).map((inner) => `${key}.${inner}`)
      : [key],
  );
  const meant = known.find((name) => name.toLowerCase() === typed.toLowerCase());
  const hint = meant ? `is ${meant} meant?` : '"postern-server policy show" names all of them';
  return fail('invalid-request', `${typed}: no such setting; ${hint}`);
}
