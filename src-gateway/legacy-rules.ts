import { readFile } from 'node:fs/promises';
import { findProgram, runProgram } from '../src-node/run-program.ts';
import type { Family } from './family.ts';
import { LEGACY } from './foreign-rules.ts';
import type { Chain, Statement, Table } from './ruleset.ts';

/** The old iptables of one family: rules that the kernel holds beside those of nft, which does not show them. */
const KINDS = [
  { family: 'ipv4', protocol: 'ip', names: '/proc/net/ip_tables_names', program: 'iptables-legacy-save' },
  { family: 'ipv6', protocol: 'ip6', names: '/proc/net/ip6_tables_names', program: 'ip6tables-legacy-save' },
] as const;

/** Throws where there are rules of the old iptables for one of these families, and no program here shows them. */
export async function legacyTables(families: readonly Family[]): Promise<Table[]> {
  const tables: Table[] = [];
  for (const { family, protocol, names, program } of KINDS) {
    if (!families.includes(family) || !(await linesOf(names)).includes('filter')) continue;
    const path = findProgram(program);
    if (path === null)
      throw new Error(
        `this host has rules of the old iptables (${names} lists "filter"), which nft does not show, and no ${program}`,
      );
    const saved = await runProgram({ path, args: ['-t', 'filter'] });
    if (!saved.ok) throw new Error(saved.message);
    tables.push(parseSaved(saved.stdout, family, protocol));
  }
  return tables;
}

async function linesOf(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n');
  } catch (error) {
    // A kernel without the old iptables.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** What `iptables-save -t filter` prints, as nft would have it. */
export function parseSaved(text: string, family: Family, protocol: 'ip' | 'ip6'): Table {
  const chains = new Map<string, Chain>();
  for (const line of text.split('\n')) {
    const [, name, policy] = /^:(\S+) (\S+)/.exec(line) ?? [];
    if (name !== undefined)
      chains.set(name, {
        name,
        hook: name === 'FORWARD' ? 'forward' : undefined,
        policy: policy?.toLowerCase(),
        rules: [],
      });
    const [, of = '', rule = ''] = /^-A (\S+) ?(.*)$/.exec(line) ?? [];
    const words = rule.replace(COMMENT, '').split(' ').filter(Boolean);
    chains.get(of)?.rules.push(statementsOf(words, protocol));
  }
  return { name: `${LEGACY} ${protocol}`, families: [family], chains };
}

const COMMENT = /--comment ("(\\.|[^"\\])*"|\S+)/g;
const UNKNOWN: Statement = { 'iptables-legacy': null };

function statementsOf(words: readonly string[], protocol: 'ip' | 'ip6'): Statement[] {
  const statements: Statement[] = [];
  let op = '==';
  for (let index = 0; index < words.length; index++) {
    const [word = '', value = ''] = words.slice(index);
    if (word === '!') {
      op = '!=';
      continue;
    }
    // What follows belongs to the target.
    if (word === '-j' || word === '-g') return [...statements, ...verdictOf(word, value)];
    const left = leftOf(word, protocol);
    if (left) statements.push({ match: { op, left, right: rightOf(word, value) } });
    else if (word !== '-m') statements.push(UNKNOWN);
    if (left || word === '-m') index++;
    op = '==';
  }
  return statements;
}

function leftOf(word: string, protocol: 'ip' | 'ip6'): unknown {
  switch (word) {
    case '-i':
      return { meta: { key: 'iifname' } };
    case '-o':
      return { meta: { key: 'oifname' } };
    case '-p':
      return { meta: { key: 'l4proto' } };
    case '-s':
      return { payload: { protocol, field: 'saddr' } };
    case '-d':
      return { payload: { protocol, field: 'daddr' } };
    case '--ctstate':
    case '--state':
      return { ct: { key: 'state' } };
    default:
      return null;
  }
}

function rightOf(word: string, value: string): unknown {
  if (word === '-i' || word === '-o') return value.replace(/\+$/, '*');
  if (word === '--ctstate' || word === '--state') return value.toLowerCase().split(',');
  const [addr = '', len] = value.split('/');
  return len === undefined ? value : { prefix: { addr, len: Number(len) } };
}

function verdictOf(word: string, target: string): Statement[] {
  if (word === '-g') return [{ goto: { target } }];
  if (['ACCEPT', 'DROP', 'REJECT', 'RETURN', 'QUEUE'].includes(target))
    return [{ [target.toLowerCase()]: null }];
  return target === 'NFQUEUE' ? [{ queue: null }] : [{ jump: { target } }];
}
