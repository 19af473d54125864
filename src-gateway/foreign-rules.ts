import * as z from 'zod';

/** Of `nft -j list ruleset` (libnftables-json(5)), what can drop packets that we forward. */
const ruleset = z.object({
  nftables: z.array(
    z.looseObject({
      chain: z
        .looseObject({
          family: z.string(),
          table: z.string(),
          name: z.string(),
          hook: z.string().optional(),
          policy: z.string().optional(),
        })
        .optional(),
      rule: z.looseObject({ family: z.string(), table: z.string(), expr: z.array(z.unknown()) }).optional(),
    }),
  ),
});

export interface ForeignDrop {
  /** As `nft` names it, e.g. `ip filter`. */
  table: string;
  chain: string;
}

/**
 * The chains of others that drop what is forwarded unless a rule says otherwise, and in whose table no rule that
 * accepts names our interface: Docker's and ufw's, as they come. An accept in one table does not lift a drop in
 * another.
 */
export function foreignForwardDrops(json: string, interfaceName: string, ownTable: string): ForeignDrop[] {
  const { nftables } = ruleset.parse(JSON.parse(json));
  const letsUsThrough = (family: string, table: string) =>
    nftables.some(({ rule }) => {
      if (rule?.family !== family || rule.table !== table) return false;
      const text = JSON.stringify(rule.expr);
      return text.includes(JSON.stringify(interfaceName)) && /"(accept|jump|goto)"/.test(text);
    });
  return nftables.flatMap(({ chain }) => {
    if (chain?.hook !== 'forward' || chain.policy !== 'drop' || chain.table === ownTable) return [];
    if (letsUsThrough(chain.family, chain.table)) return [];
    return [{ table: `${chain.family} ${chain.table}`, chain: chain.name }];
  });
}

/** What to run so that a chain lets the tunnel through, in the words of whoever made it. */
export function remedyFor({ table, chain }: ForeignDrop, interfaceName: string): string {
  const name = interfaceName;
  if (table === 'ip filter' || table === 'ip6 filter') {
    const program = table === 'ip filter' ? 'iptables' : 'ip6tables';
    return [
      `With Docker: ${program} -I DOCKER-USER -i ${name} -j ACCEPT && ${program} -I DOCKER-USER -o ${name} -j ACCEPT.`,
      `With ufw: ufw route allow in on ${name} && ufw route allow out on ${name}.`,
      `Otherwise: ${program} -I FORWARD -i ${name} -j ACCEPT && ${program} -I FORWARD -o ${name} -j ACCEPT.`,
    ].join(' ');
  }
  return `nft insert rule ${table} ${chain} iifname ${name} accept && nft insert rule ${table} ${chain} oifname ${name} accept`;
}
