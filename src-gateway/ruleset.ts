import * as z from 'zod';
import type { Family } from './family.ts';

const chain = z.looseObject({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  hook: z.string().optional(),
  policy: z.string().optional(),
});
const statement = z.record(z.string(), z.unknown());
const rule = z.looseObject({
  family: z.string(),
  table: z.string(),
  chain: z.string(),
  expr: z.array(statement),
});
const listing = z.object({
  nftables: z.array(z.looseObject({ chain: chain.optional(), rule: rule.optional() })),
});

/** One part of a rule, as libnftables-json(5) has it: `{match: …}`, `{accept: null}`, `{jump: {target}}`. */
export type Statement = z.infer<typeof statement>;

export interface Chain {
  name: string;
  /** Where the kernel hands packets to it; undefined: another chain does. */
  hook: string | undefined;
  /** What becomes of a packet that no rule decided on, of a chain with a hook. */
  policy: string | undefined;
  rules: Statement[][];
}

/** One table of a firewall: its chains see one another and no others. */
export interface Table {
  /** As its program names it, e.g. `ip filter`. */
  name: string;
  families: readonly Family[];
  chains: Map<string, Chain>;
}

const familiesOf: Record<string, readonly Family[]> = {
  ip: ['ipv4'],
  ip6: ['ipv6'],
  inet: ['ipv4', 'ipv6'],
};

/** Out of `nft -j list ruleset`, the tables that see what is forwarded. Throws when it is not understood. */
export function parseRuleset(json: string): Table[] {
  const tables = new Map<string, Table>();
  const { nftables } = listing.parse(JSON.parse(json));
  for (const { chain } of nftables) {
    const families = familiesOf[chain?.family ?? ''];
    if (!chain || !families) continue;
    const name = `${chain.family} ${chain.table}`;
    const table = tables.get(name) ?? { name, families, chains: new Map() };
    table.chains.set(chain.name, {
      name: chain.name,
      hook: chain.hook,
      policy: chain.policy,
      rules: [],
    });
    tables.set(name, table);
  }
  for (const { rule } of nftables)
    if (rule) tables.get(`${rule.family} ${rule.table}`)?.chains.get(rule.chain)?.rules.push(rule.expr);
  return [...tables.values()];
}
