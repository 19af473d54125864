import * as z from 'zod';
import { readTomlFile } from './toml-file.ts';

export interface ConfigSources {
  /** TOML file; without it only the environment and the defaults count. */
  file?: string;
  env: Record<string, string | undefined>;
  /** `POSTERN_` makes `tls.certFile` readable from `POSTERN_TLS_CERT_FILE`. */
  envPrefix: string;
}

export type Loaded<T> = { ok: true; value: T } | { ok: false; mistakes: string[] };

/**
 * Reads a typed configuration: the file, then every set environment variable over it, then the schema's defaults.
 * Lists in the environment are separated by commas. Answers all mistakes at once, one line each, naming the file, the
 * setting, its variable and what is expected; unknown fields in the file are mistakes (use `z.strictObject`). Secrets
 * are in no mistake.
 */
export function loadConfig<T>(schema: z.ZodType<T>, sources: ConfigSources): Loaded<T> {
  const file = sources.file === undefined ? { ok: true as const, value: {} } : readTomlFile(sources.file);
  if (!file.ok) return { ok: false, mistakes: [file.mistake] };
  const inFile = sources.file === undefined ? '' : `${sources.file}: `;
  const leaves = settingsOf(schema);
  const input = structuredClone(file.value);
  const mistakes: string[] = [];
  const fromEnv = new Map<string, string>();
  for (const { path, type } of leaves) {
    const variable = variableName(path, sources.envPrefix);
    const text = sources.env[variable];
    if (text === undefined || text === '') continue;
    fromEnv.set(path.join('.'), text);
    if (!assign(input, path, fromText(text, type)))
      mistakes.push(`${path.join('.')}: a part of this path is not a table`);
  }
  const parsed = schema.safeParse(input);
  if (parsed.success && mistakes.length === 0) return { ok: true, value: parsed.data };
  for (const issue of parsed.error?.issues ?? []) {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys)
        mistakes.push(`${inFile}${[...path, key].join('.')}: no such setting${meant(key, leaves)}`);
      continue;
    }
    const given = fromEnv.get(path.join('.'));
    const variable = variableName(path, sources.envPrefix);
    const isSecret = /password|token|secret/i.test(path.at(-1) ?? '');
    const received = given === undefined || isSecret ? '' : `, but ${variable} is ${JSON.stringify(given)}`;
    // zod's own words for what is not there speak of a programmer's types.
    const isMissing = given === undefined && valueAt(input, path) === undefined;
    const why = isMissing && issue.code !== 'custom' ? 'is missing' : `${expectation(issue)}${received}`;
    const where = given === undefined ? inFile : '';
    mistakes.push(`${where}${path.join('.') || 'configuration'} (${variable}): ${why}`);
  }
  return { ok: false, mistakes };
}

type Table = Record<string, unknown>;

const typesInToml: Record<string, string> = {
  string: 'expected text in quotes: "…"',
  number: 'expected a number, without quotes',
  int: 'expected a whole number, without quotes',
  boolean: 'expected true or false, without quotes',
  array: 'expected a list: ["…", "…"]',
  object: 'expected a table: [name]',
};

/** What to write; zod's own words for a wrong type are a programmer's. */
function expectation(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_type' ? (typesInToml[issue.expected] ?? issue.message) : issue.message;
}

/** The setting of this name in another spelling (`team_name`) or table. */
function meant(key: string, settings: readonly Setting[]): string {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const found = settings.find(({ path }) => plain(path.at(-1) ?? '') === plain(key));
  return found ? `; is ${found.path.join('.')} meant?` : '';
}

function valueAt(table: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isTable(value) ? value[key] : undefined), table);
}

interface Setting {
  path: string[];
  type: string;
}

const jsonSchemaNode = z.looseObject({
  type: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});

/** The leaves of the schema, found through its JSON Schema, so that wrappers such as defaults do not matter. */
function settingsOf(schema: z.ZodType): Setting[] {
  const settings: Setting[] = [];
  const walk = (node: unknown, path: string[]): void => {
    const parsed = jsonSchemaNode.safeParse(node);
    if (!parsed.success) return;
    const { type, properties } = parsed.data;
    if (properties) for (const [key, child] of Object.entries(properties)) walk(child, [...path, key]);
    else settings.push({ path, type: type ?? 'string' });
  };
  walk(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), []);
  return settings;
}

/** `['tls', 'certFile']` → `POSTERN_TLS_CERT_FILE`. */
function variableName(path: readonly string[], prefix: string): string {
  const words = path.map((part) => part.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase());
  return `${prefix}${words.join('_')}`;
}

/** Text that does not fit its type stays text, so that the schema names the mistake. */
function fromText(text: string, type: string): unknown {
  if (type === 'array') return text.split(',').map((item) => item.trim());
  if ((type === 'integer' || type === 'number') && text.trim() !== '' && Number.isFinite(Number(text)))
    return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function assign(table: Table, path: readonly string[], value: unknown): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return false;
  if (rest.length === 0) {
    table[key] = value;
    return true;
  }
  const child = table[key] ?? {};
  if (!isTable(child)) return false;
  table[key] = child;
  return assign(child, rest, value);
}
